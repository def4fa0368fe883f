/** A paragraph, heading, entry, row or the like. */
export interface Block {
  readonly text: string;
  /** Whether it stands next to its neighbours of the same kind, without an empty line. */
  readonly tight: boolean;
  readonly part: Part;
}

/** Where of the page it stands: in what the page says is its matter, around it, or the page says nothing. */
export type Part = "main" | "around" | "plain";

const MOST_INDENTS = 8;
const MOST_QUOTES = 4;
const LONGEST_CELL = 300;

interface List {
  readonly ordered: boolean;
  next: number;
}
interface Table {
  /** What stands beside the cells, such as a caption. */
  readonly beside: Block[];
  readonly rows: Block[][][];
  /** A table in a table, or the blocks of a mail: one that lays out, and does not list. */
  lays: boolean;
}
interface Link {
  readonly address: string;
  state: "waiting" | "open" | "done";
}

const spaced = (text: string): string => text.replace(/[ \t\n\r\f]+/g, " ");

/** Blocks as one text. */
export const joinBlocks = (blocks: readonly Block[]): string =>
  blocks
    .map(({ text, tight }, at) =>
      at === 0 ? text : `${tight && blocks[at - 1]?.tight === true ? "\n" : "\n\n"}${text}`,
    )
    .join("");

const asRow = (cells: readonly (readonly Block[])[]): string =>
  `| ${cells.map(([only]) => (only?.text ?? "").replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;

const listsThings = ({ lays, rows }: Table): boolean =>
  !lays &&
  rows.some((cells) => cells.length > 1) &&
  rows.every((cells) => cells.every((cell) => cell.length <= 1 && (cell[0]?.text.length ?? 0) <= LONGEST_CELL));

/** Writes down what a page says, block by block, as plain text with headings, lists, links and tables as people write them. */
export class TextWriter {
  #blocks: Block[] = [];
  #pieces: string[] = [];
  #part: Part = "plain";
  #heading = 0;
  #quotes = 0;
  #lists: List[] = [];
  /** The sign of an entry that no block has taken yet. */
  #sign = "";
  #verbatim = 0;
  #link: Link | null = null;
  #tables: { table: Table; outer: Block[] }[] = [];

  /** What has been written, with whatever is still open. */
  end(): readonly Block[] {
    this.flush();
    while (this.#tables.length > 0) this.closeTable();
    return this.#blocks;
  }

  inPart(part: Part): void {
    if (part === this.#part) return;
    this.flush();
    this.#part = part;
  }

  text(words: string): void {
    const kept = this.#verbatim > 0 ? words : spaced(words);
    if (kept === "") return;
    if (this.#link?.state === "waiting" && kept.trim() !== "") {
      this.#link.state = "open";
      this.#pieces.push("[");
    }
    this.#pieces.push(kept);
  }

  lineBreak(): void {
    this.#pieces.push("\n");
  }

  openLink(address: string): void {
    this.closeLink();
    if (address !== "") this.#link = { address, state: "waiting" };
  }

  closeLink(): void {
    if (this.#link?.state === "open") this.#pieces.push(`](${this.#link.address})`);
    this.#link = null;
  }

  heading(level: number): void {
    this.flush();
    this.#heading = level;
  }

  quote(step: 1 | -1): void {
    this.flush();
    this.#quotes = Math.max(0, this.#quotes + step);
  }

  verbatim(step: 1 | -1): void {
    this.flush();
    this.#verbatim = Math.max(0, this.#verbatim + step);
  }

  openList(ordered: boolean): void {
    this.flush();
    this.#lists.push({ ordered, next: 1 });
  }

  closeList(): void {
    this.flush();
    this.#sign = "";
    this.#lists.pop();
  }

  entry(): void {
    this.flush();
    const list = this.#lists.at(-1);
    this.#sign = list?.ordered === true ? `${String(list.next)}. ` : "- ";
    if (list !== undefined) list.next += 1;
  }

  openTable(): void {
    this.flush();
    for (const { table } of this.#tables) table.lays = true;
    const beside: Block[] = [];
    this.#tables.push({ table: { beside, rows: [], lays: false }, outer: this.#blocks });
    this.#blocks = beside;
  }

  row(): void {
    this.flush();
    this.#tables.at(-1)?.table.rows.push([]);
  }

  cell(): void {
    this.flush();
    const table = this.#tables.at(-1)?.table;
    if (table === undefined) return;
    if (table.rows.length === 0) table.rows.push([]);
    this.#blocks = [];
    table.rows.at(-1)?.push(this.#blocks);
  }

  closeTable(): void {
    this.flush();
    const ended = this.#tables.pop();
    if (ended === undefined) return;
    const { table, outer } = ended;
    const part = this.#part;
    this.#blocks = outer;
    for (const block of table.beside) outer.push(block);
    if (listsThings(table)) {
      const [head, ...rows] = table.rows.filter((cells) => cells.length > 0).map((cells) => asRow(cells));
      const rule = `|${" --- |".repeat(table.rows.find((cells) => cells.length > 0)?.length ?? 1)}`;
      for (const text of [head ?? "", rule, ...rows]) outer.push({ text, tight: true, part });
    } else for (const block of table.rows.flat(2)) outer.push(block);
  }

  /** Ends the block that is being written. */
  flush(): void {
    if (this.#link?.state === "open") {
      this.#pieces.push(`](${this.#link.address})`);
      this.#link.state = "done";
    }
    const raw = this.#pieces.join("");
    this.#pieces = [];
    const text = this.#verbatim > 0 ? this.#asWritten(raw) : this.#trimmed(raw);
    const heading = this.#heading;
    this.#heading = 0;
    if (text === "") return;
    this.#blocks.push({ text: this.#dressed(text, heading), tight: this.#lists.length > 0, part: this.#part });
    this.#sign = "";
  }

  /** No pattern: one that looks for blanks at the end tries every run of them anew. */
  #asWritten(raw: string): string {
    const first = raw.search(/[^\n\r]/);
    return first < 0 ? "" : raw.slice(first).trimEnd();
  }

  #trimmed(raw: string): string {
    return raw
      .split("\n")
      .map((line) => spaced(line).trim())
      .join("\n")
      .trim();
  }

  #dressed(text: string, heading: number): string {
    const sign = this.#sign;
    const depth = Math.min(MOST_INDENTS, Math.max(0, this.#lists.length - 1));
    const quotes = "> ".repeat(Math.min(MOST_QUOTES, this.#quotes));
    const first = `${quotes}${"  ".repeat(depth)}${sign === "" && this.#lists.length > 0 ? "  " : sign}`;
    const next = `${quotes}${"  ".repeat(this.#lists.length > 0 ? depth + 1 : 0)}`;
    const words =
      this.#verbatim > 0 ? `\`\`\`\n${text}\n\`\`\`` : `${heading > 0 ? `${"#".repeat(heading)} ` : ""}${text}`;
    return `${first}${words.replaceAll("\n", `\n${next}`)}`;
  }
}
