// Command keyreeve is identity and access management in one binary: a server
// that speaks AWS's IAM and STS, and the tools around it.
//
// Each subcommand has a file of its own, which holds flags and wiring and nothing
// else. Run keyreeve help for the list.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr))
}

// environment looks up an environment variable.
type environment func(name string) (string, bool)

// run is main with everything it depends on as an argument. It gives the exit
// code: 0, 1 for a failure, 2 for a command that cannot be understood.
func run(ctx context.Context, args []string, env environment, stdin io.Reader, stdout, stderr io.Writer) int {
	root := commands(env)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	fmt.Fprintln(stderr, "keyreeve:", err)
	if _, ok := errors.AsType[usageError](err); ok {
		return 2
	}
	return 1
}

// exitCode is an error that was told already and only sets the exit code.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// usageError is a command line or a configuration that cannot be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func commands(env environment) *cobra.Command {
	root := &cobra.Command{
		Use:           "keyreeve",
		Short:         "Identity and access management that speaks AWS IAM and STS",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		serveCommand(env), configCommand(env), envCommand(env),
		accountCommand(env), quotaCommand(env), resetRootCommand(env), rootPasswordCommand(env), endSessionsCommand(env),
		backupCommand(env), restoreCommand(env), rotateKeyCommand(env), eventsCommand(env),
		decideCommand(env), explainCommand(env, nil), asOfCommand(env), impactCommand(env), postureCommand(env), trailCommand(), mfaCommand(env), healthcheckCommand(env), versionCommand(),
	)
	return root
}
