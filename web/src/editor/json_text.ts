/** A JSON text laid out with each string, number and word kept exactly as it was written. */

const TOKEN = /\s+|("(?:[^"\\\n]|\\.)*")|([{}[\],:])|([^\s{}[\],:"]+)/y;

/** The text with two spaces a level; `null` when it is not balanced or holds what is no JSON token. */
export function formatJson(text: string): string | null {
  const tokens = readTokens(text);
  if (!tokens) return null;
  const open: string[] = [];
  let written = "";
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    if (token === "{" || token === "[") {
      open.push(token);
      written += token;
      if (next !== closing(token)) written += line(open.length);
    } else if (token === "}" || token === "]") {
      const opened = open.pop();
      if (!opened || closing(opened) !== token) return null;
      if (tokens[at - 1] !== opened) written += line(open.length);
      written += token;
    } else if (token === ",") written += token + line(open.length);
    else written += token === ":" ? ": " : token;
  }
  return open.length ? null : written;
}

function readTokens(text: string): string[] | null {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) return null;
    const token = match[1] ?? match[2] ?? match[3];
    if (token) tokens.push(token);
  }
  return tokens;
}

function closing(open: string): string {
  return open === "{" ? "}" : "]";
}

function line(depth: number): string {
  return `\n${"  ".repeat(depth)}`;
}
