// The room's door: where sandboxes come from.

export {
  type Capabilities,
  capture,
  type Exec,
  type ExecEnd,
  type Execution,
  type Places,
  PROVIDERS,
  type Provider,
  type ProviderName,
  type Sandbox,
  type SandboxSpec,
  type Standing,
  type Upload,
} from "./provider.ts";
