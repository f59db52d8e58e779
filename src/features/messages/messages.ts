// The room's door: what sessions of a repository tell each other (messages), what parallel-cc tells them (news), and how
// it reaches them once. It wakes nobody by itself, and keeps nothing for sessions that are yet to come.

export { hasPending, takeDelivery } from "./delivery.ts";
export { type News, postNews, takeNewsOf, tellOwn } from "./news.ts";
export { hasOldMessages, pruneMessages } from "./prune.ts";
export { unreadSenders } from "./store.ts";
