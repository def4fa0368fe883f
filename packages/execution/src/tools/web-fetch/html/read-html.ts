import { Parser } from "htmlparser2";
import { chooseMatter } from "./choose-matter.ts";
import { readRules } from "./style-rules.ts";
import type { StyleRules } from "./style-rules.ts";
import { TextWriter } from "./text-writer.ts";
import type { Part } from "./text-writer.ts";
import { attribute, IN_SIGHT, isSeen, sightOf } from "./visibility.ts";
import type { Attributes, Sight } from "./visibility.ts";

/** What a person would read on a page. */
export interface Page {
  readonly title: string;
  readonly text: string;
  /** What was left out and why, in our own words. */
  readonly leftOut: readonly string[];
}

/** Deeper, browsers flatten a page; here it ends: what a parser does for a closing tag grows with the depth. */
const DEEPEST = 512;
const SLICE = 16_384;
const LONGEST_TITLE = 300;
const LONGEST_LINK = 500;

/** What no person reads as text: programs, styles, what stands in for them, media, and choices of a form. */
const SKIPPED = new Set(
  "script style noscript template svg canvas iframe frame object embed applet audio video map select datalist textarea title noembed noframes annotation annotation-xml".split(
    " ",
  ),
);
const AROUND = new Set(["nav", "aside", "footer", "header"]);
const ROLES_AROUND = new Set(["navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar"]);
const BLOCKS = new Set(
  "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul".split(
    " ",
  ),
);

interface Frame {
  readonly name: string;
  readonly sight: Sight;
  readonly skipped: boolean;
  readonly part: Part;
  /** The outermost element of those out of sight; counted once, when it holds words. */
  readonly hidden: { counted: boolean } | null;
}

const partOf = (name: string, given: Attributes, around: Part): Part => {
  const role = attribute(given, "role")?.trim().toLowerCase() ?? "";
  if (name === "main" || role === "main" || name === "article" || role === "article")
    return around === "around" ? around : "main";
  // The head and foot of an article belong to it; those of the page do not.
  const isAround = AROUND.has(name) || ROLES_AROUND.has(role);
  if (!isAround) return around;
  return around === "main" && (name === "header" || name === "footer") ? around : "around";
};

/** One page while it is read. */
class Reading {
  readonly writer = new TextWriter();
  readonly #frames: Frame[] = [{ name: "", sight: IN_SIGHT, skipped: false, part: "plain", hidden: null }];
  #base: string;
  #title: string[] | null = null;
  title = "";
  hidden = 0;
  isTooDeep = false;
  readonly #rules: StyleRules;
  readonly #sightOf: typeof sightOf;

  constructor(address: string, rules: StyleRules, look: typeof sightOf) {
    this.#base = address;
    this.#rules = rules;
    this.#sightOf = look;
  }

  open(name: string, given: Attributes): void {
    const around = this.#frames.at(-1);
    if (around === undefined || this.isTooDeep) return;
    if (name === "title" && this.title === "" && !around.skipped && !around.sight.gone) this.#title = [];
    if (name === "base") this.#base = URL.parse(attribute(given, "href") ?? "", this.#base)?.href ?? this.#base;
    const sight = this.#sightOf(name, given, around.sight, this.#rules);
    const frame: Frame = {
      name,
      sight,
      skipped: around.skipped || SKIPPED.has(name),
      part: partOf(name, given, around.part),
      hidden: around.hidden ?? (isSeen(sight) ? null : { counted: false }),
    };
    this.#frames.push(frame);
    if (this.#frames.length > DEEPEST) this.isTooDeep = true;
    if (!frame.skipped && !sight.gone) this.#begin(frame, given);
  }

  close(name: string): void {
    if (this.isTooDeep) return;
    if (name === "title" && this.#title !== null) {
      this.title = this.#title.join("").replace(/\s+/g, " ").trim().slice(0, LONGEST_TITLE);
      this.#title = null;
    }
    const frame = this.#frames.length > 1 ? this.#frames.pop() : undefined;
    if (frame === undefined || frame.skipped || frame.sight.gone) return;
    this.#finish(frame);
    this.writer.inPart(this.#frames.at(-1)?.part ?? "plain");
  }

  text(words: string): void {
    this.#title?.push(words);
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.skipped) return;
    if (isSeen(frame.sight)) return this.writer.text(words);
    if (frame.hidden?.counted !== false || words.trim() === "") return;
    frame.hidden.counted = true;
    this.hidden += 1;
  }

  #begin({ name, part }: Frame, given: Attributes): void {
    const { writer } = this;
    writer.inPart(part);
    if (name === "br") writer.lineBreak();
    else if (name === "a") writer.openLink(this.#linkOf(given));
    else if (name === "ul" || name === "ol" || name === "menu") writer.openList(name === "ol");
    else if (name === "li") writer.entry();
    else if (name === "blockquote") writer.quote(1);
    else if (name === "pre") writer.verbatim(1);
    else if (name === "table") writer.openTable();
    else if (name === "tr") writer.row();
    else if (name === "td" || name === "th") writer.cell();
    else if (/^h[1-6]$/.test(name)) writer.heading(Number(name.slice(1)));
    else if (BLOCKS.has(name)) writer.flush();
  }

  #finish({ name }: Frame): void {
    const { writer } = this;
    if (name === "a") writer.closeLink();
    else if (name === "ul" || name === "ol" || name === "menu") writer.closeList();
    else if (name === "blockquote") writer.quote(-1);
    else if (name === "pre") writer.verbatim(-1);
    else if (name === "table") writer.closeTable();
    else if (BLOCKS.has(name)) writer.flush();
  }

  /** Where a link leads; empty for a place in the page, a program or what is too long to be shown. */
  #linkOf(given: Attributes): string {
    const written = attribute(given, "href")?.trim() ?? "";
    if (written === "" || written.startsWith("#") || written.length > LONGEST_LINK) return "";
    const url = URL.parse(written, this.#base);
    if (url === null || !/^(https?|mailto):$/.test(url.protocol) || url.href.length > LONGEST_LINK) return "";
    return url.href.replace(/[()<>]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  }
}

const leftOutOf = ({ hidden, isTooDeep }: Reading, dropped: boolean): readonly string[] => [
  ...(hidden > 0 ? [`${String(hidden)} ${hidden === 1 ? "part" : "parts"} that a visitor would not see`] : []),
  ...(dropped ? ["menus and other parts around the main text"] : []),
  ...(isTooDeep ? [`what follows elements nested more than ${String(DEEPEST)} deep`] : []),
];

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Reads a page as its visitor would: main text, headings, lists, links, tables; nothing that runs, and nothing that is out of
 * sight by what stands in the page itself. Work grows with the length alone, and others are served in between. Stops early
 * when the signal is raised; whoever raised it does not look at the result. `look` is a part so that a test can take it out.
 */
export const readHtml = async (
  html: string,
  address: string,
  signal: AbortSignal,
  look: typeof sightOf = sightOf,
): Promise<Page> => {
  const reading = new Reading(address, readRules(html), look);
  const parser = new Parser(
    {
      onopentag: (name, given) => {
        reading.open(name, given);
        if (reading.isTooDeep) parser.pause();
      },
      onclosetag: (name) => reading.close(name),
      ontext: (words) => reading.text(words),
    },
    { decodeEntities: true },
  );
  for (let at = 0; at < html.length && !reading.isTooDeep && !signal.aborted; at += SLICE) {
    parser.write(html.slice(at, at + SLICE));
    await soon();
  }
  if (!reading.isTooDeep) parser.end();
  const { text, dropped } = chooseMatter(reading.writer.end());
  return { title: reading.title, text, leftOut: leftOutOf(reading, dropped) };
};
