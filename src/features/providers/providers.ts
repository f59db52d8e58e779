// The room's door: where sandboxes come from. Each provider is loaded when it is asked for.

import { Failure } from "../../core/failure.ts";
import type { World } from "../../world.ts";
import type { Provider, ProviderName } from "./provider.ts";

export {
  type Capabilities,
  capture,
  type Exec,
  type ExecEnd,
  type Execution,
  type Made,
  MOST_PROBE_MS,
  type Places,
  PROBE_RUN,
  PROVIDERS,
  type Provider,
  type ProviderName,
  type Sandbox,
  type SandboxSpec,
  type Standing,
  type Upload,
} from "./provider.ts";

/** Errors: `provider.not-ready` for one that this release does not have. */
export async function providerNamed(world: World, name: ProviderName): Promise<Provider> {
  if (name === "native") return (await import("./native/native.ts")).nativeProvider(world);
  throw new Failure({
    kind: "unavailable",
    code: "provider.not-ready",
    message: `The provider ${name} is not in this version of parallel-cc.`,
    hint: "Use --provider native.",
  });
}
