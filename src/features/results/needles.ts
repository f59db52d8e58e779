// A secret's value in the forms in which it may stand in a file: as it is, in base64 wherever in the text it began, as
// part of a URL, as part of JSON.

export interface Secret {
  name: string;
  value: string;
}

export interface Needle {
  name: string;
  bytes: Buffer;
}

/** Shorter ones stand everywhere by chance. */
const LEAST_CHARACTERS = 8;

export function needlesOf(secrets: readonly Secret[]): Needle[] {
  return secrets.flatMap(({ name, value }) => {
    if (value.length < LEAST_CHARACTERS) return [];
    const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...base64Of(value)];
    return [...new Set(forms)].map((form) => ({ name, bytes: Buffer.from(form) }));
  });
}

// Three bytes make four characters, so a text has three forms, by where it begins; at its ends others' bytes mix in.
function base64Of(value: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
      .toString("base64")
      .replace(/=+$/, "");
    const first = before === 0 ? 0 : before + 1;
    const isWhole = (before + Buffer.byteLength(value)) % 3 === 0;
    const inner = encoded.slice(first, isWhole ? undefined : -1);
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

export function namesIn(needles: readonly Needle[], content: Buffer): string[] {
  return [...new Set(needles.flatMap(({ name, bytes }) => (content.includes(bytes) ? [name] : [])))];
}
