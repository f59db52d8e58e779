// The room's door: sessions of a repository, who of them lives, and where each one works.

export { heartbeat } from "./heartbeat.ts";
export { type Registered, type RegisterInput, register } from "./register.ts";
export { type Released, release } from "./release.ts";
export { type SessionStatus, type Status, status, statusForPeople } from "./status.ts";
export { statusText } from "./status-text.ts";
