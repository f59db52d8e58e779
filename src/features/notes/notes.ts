// The room's door: what sessions write down for all of a repository, those to come included. A few hundred short texts
// that can be searched; nothing is dropped to make room.

export { type Note, type NoteList, readNotes } from "./read.ts";
export { countNotes } from "./store.ts";
export { addNote, removeNote } from "./write.ts";
