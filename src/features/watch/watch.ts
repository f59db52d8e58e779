// The room's door: who comes to a repository and who leaves it, told as it happens.

export { type Told, toldEvents } from "./operations.ts";
