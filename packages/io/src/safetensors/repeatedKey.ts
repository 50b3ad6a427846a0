/**
 * The first key that an object in a JSON text has twice, which `JSON.parse` passes over in silence.
 *
 * @param text valid JSON.
 *
 * @example
 * repeatedKey('{"a": 1, "b": {"a": 2, "c": 3, "a": 4}}') // => "a"
 */
export function repeatedKey(text: string): string | undefined {
  /** The keys so far of the objects that are open; null for lists. */
  const open: (Set<string> | null)[] = [];
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case "{":
        open.push(new Set());
        break;
      case "[":
        open.push(null);
        break;
      case "}":
      case "]":
        open.pop();
        break;
      case '"': {
        const start = i++;
        while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
        const keys = open.at(-1);
        if (!keys || !isKey(text, i + 1)) break;
        const key: string = JSON.parse(text.slice(start, i + 1));
        if (keys.has(key)) return key;
        keys.add(key);
      }
    }
  }
  return undefined;
}

/** Whether a colon follows. */
function isKey(text: string, at: number): boolean {
  while (text.charCodeAt(at) <= 0x20) at++;
  return text[at] === ":";
}
