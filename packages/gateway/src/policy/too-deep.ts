const TOKEN = /\/\/[^\n]*|"(?:[^"\\]|\\.)*"|&&|\|\||[([{}\]);,.+*-]|\b(?:if|when|unless)\b/gs;

const OPENS: ReadonlySet<string> = new Set(["(", "[", "{"]);
const CLOSES: ReadonlySet<string> = new Set([")", "]", "}"]);
const CHAINS: ReadonlySet<string> = new Set(["&&", "||", "+", "-", "*", "if", "when", "unless"]);

const DEEPEST = 16;
const MOST_LINKS = 100;
const MOST_DOTS = 20;

/**
 * Where a policy is nested deeper, or strung longer, than the library's stack carries; null when it is not. Beyond that the
 * library does not fail, it breaks, and takes the policy in force with it.
 */
export const tooDeep = (text: string): { readonly offset: number; readonly problem: string } | null => {
  /** Dots since the last link, one number per open bracket. */
  let dots = [0];
  let links = 0;
  for (const { 0: token, index: offset } of text.matchAll(TOKEN)) {
    if (OPENS.has(token)) dots.push(0);
    else if (CLOSES.has(token)) dots.pop();
    else if (token === ".") dots.push((dots.pop() ?? 0) + 1);
    else if (token === "," || CHAINS.has(token)) dots.splice(-1, 1, 0);
    if (CHAINS.has(token)) links += 1;
    if (token === ";") {
      links = 0;
      dots = [0];
    }
    if (dots.length > DEEPEST) return { offset, problem: `it is nested deeper than ${DEEPEST} brackets` };
    if (links > MOST_LINKS) return { offset, problem: `one policy holds more than ${MOST_LINKS} conditions` };
    if ((dots.at(-1) ?? 0) > MOST_DOTS) return { offset, problem: `more than ${MOST_DOTS} dots follow each other` };
  }
  return null;
};
