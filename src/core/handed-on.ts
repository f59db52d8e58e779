// `--env NAME=value` of `sandbox run`: handed to the process that drives the run as variables with this before their
// names, and to no other.

export const HANDED_ON = "PARALLEL_CC_FOR_SANDBOX_";
