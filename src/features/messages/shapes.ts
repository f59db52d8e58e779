// What both doors answer of messages.

import { NUMBER, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";

export const sentShape = () =>
  v.strictObject({
    sent: YES_OR_NO,
    messageId: TEXT_OR_NULL,
    recipients: v.array(v.strictObject({ sessionId: TEXT, name: TEXT_OR_NULL })),
    message: TEXT,
  });

export const inboxShape = () =>
  v.strictObject({
    messages: v.array(
      v.strictObject({
        id: TEXT,
        kind: v.picklist(["message", "news"]),
        from: TEXT_OR_NULL,
        fromSessionId: TEXT_OR_NULL,
        branch: TEXT_OR_NULL,
        message: TEXT,
        sentAt: TEXT,
        isNew: YES_OR_NO,
      }),
    ),
    total: NUMBER,
  });
