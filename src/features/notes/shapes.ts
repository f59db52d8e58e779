// What both doors answer of notes.

import { NUMBER, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";

export const noteShape = () =>
  v.strictObject({
    id: TEXT,
    author: TEXT_OR_NULL,
    authorSessionId: TEXT_OR_NULL,
    branch: TEXT_OR_NULL,
    note: TEXT,
    writtenAt: TEXT,
  });

export const noteListShape = () => v.strictObject({ notes: v.array(noteShape()), total: NUMBER });

export const sharedShape = () => v.strictObject({ noteId: TEXT, total: NUMBER, message: TEXT });
