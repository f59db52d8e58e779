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

/** A text without any value in it: of names that came out, people are told where they are. */
export function withoutValues(needles: readonly Needle[], text: string): string {
  // The longest first: a short form may stand in a longer one.
  const forms = needles.toSorted((one, other) => other.bytes.length - one.bytes.length);
  return forms.reduce((rest, { name, bytes }) => rest.replaceAll(bytes.toString(), `[the value of ${name}]`), text);
}

/** The same, of what a run was given. */
export function redacted(secrets: readonly Secret[], texts: readonly string[]): string[] {
  const needles = needlesOf(secrets);
  return texts.map((text) => withoutValues(needles, text));
}
