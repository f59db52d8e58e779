// The room's door: sessions of a repository, who of them lives, and where each one works.

export { status, statusForPeople } from "./status.ts";
export { statusText } from "./status-text.ts";
