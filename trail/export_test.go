package trail

// ResourceParameters are the parameters that name something.
var ResourceParameters = resourceParameters
