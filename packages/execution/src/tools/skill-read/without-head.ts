/** The head of a SKILL.md (agentskills.io, specification): lines between two lines of three hyphens, at its very beginning. */
const HEAD = /^\uFEFF?---[ \t]*\r?\n(?:[\s\S]*?\n)?---[ \t]*(?:\r?\n|$)/;

/** The instructions without the head, which was read at packing and is believed in the manifest alone. */
export const withoutHead = (text: string): string => text.replace(HEAD, "").replace(/^\s*\n/, "");
