// The one version of the program, from package.json by way of the build.

declare const PARALLEL_CC_VERSION: string | undefined;

export const VERSION = typeof PARALLEL_CC_VERSION === "string" ? PARALLEL_CC_VERSION : "0.0.0-source";
