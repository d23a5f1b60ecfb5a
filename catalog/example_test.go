package catalog_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/catalog"
)

func Example() {
	release := catalog.Default()

	action, _ := release.Action("iam:createuser")
	fmt.Println(action, "is", action.AccessLevel)
	for _, use := range action.Resources {
		kind, _ := release.ResourceType(action.Service, use.Type)
		fmt.Println("acts on", kind.ARN)
	}

	key, _ := release.Key("aws:principaltag/team")
	fmt.Println(key.Name, key.Type, key.Category)
	// Output:
	// iam:CreateUser is Write
	// acts on arn:${Partition}:iam::${Account}:user/${UserNameWithPath}
	// aws:PrincipalTag/${TagKey} String principal
}

func ExampleRelease_Policy() {
	p, ok := catalog.Default().Policy("arn:aws:iam::aws:policy/AdministratorAccess")
	fmt.Println(ok, p.DefaultVersionID, p.ServiceLinkedOnly())
	fmt.Println(p.Document())
	// Output:
	// true v1 false
	// {"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}
}

func ExampleRelease_ServiceLinkedRole() {
	role, _ := catalog.Default().ServiceLinkedRole("ecs.amazonaws.com")
	fmt.Println(role.RoleName, role.CustomSuffix)
	fmt.Println(role.In("aws-cn").PolicyARN)
	// Output:
	// AWSServiceRoleForECS false
	// arn:aws-cn:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy
}
