import type { OperationOutput } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { padded, printableLine, shortened, when, widthOf } from "../output.ts";
import type { Runner } from "../runner.ts";
import { countIn } from "../usage.ts";

type Hit = OperationOutput<"search.messages">["hits"][number];

const LONGEST_TITLE = 32;

const titleOf = ({ title }: Hit): string =>
  shortened(printableLine(title === "" ? "Conversation" : title), LONGEST_TITLE);

/** The words around the place; what was found stands out where the terminal has colours. */
const emphasised = ({ snippet, matches }: Hit): string => {
  let reached = 0;
  const parts: string[] = [];
  for (const [from, to] of matches) {
    parts.push(
      printableLine(snippet.slice(reached, from)),
      color.bold(color.yellow(printableLine(snippet.slice(from, to)))),
    );
    reached = to;
  }
  return [...parts, printableLine(snippet.slice(reached))].join("");
};

/** Hits as aligned columns, newest first. */
const hitLines = (hits: readonly Hit[]): string => {
  if (hits.length === 0) return color.dim("No message has all these words.");
  const titles = hits.map(titleOf);
  const width = Math.max(...titles.map(widthOf));
  return hits
    .map(
      (hit, at) =>
        `${color.dim(`${hit.messageId}  ${when(hit.at)}`)}  ${padded(titles[at] ?? "", width)}  ${emphasised(hit)}`,
    )
    .join("\n");
};

const AFTER = `
Every word must be in the message. "Words in quotation marks" stand together; begin* finds every word that begins so, where the
database can do that. Nothing else has a meaning of its own.
`;

/** The shell took the quotation marks away: what came as one argument stands together. */
const asked = (word: string): string => (/\s/u.test(word) && !/["“”]/u.test(word) ? `"${word}"` : word);

/** `search WORDS…` */
export const searchCommand = (program: Command, run: Runner): void => {
  program
    .command("search <words...>")
    .description("find messages that have all the words, newest first")
    .option("--in <conversation>", "in this conversation alone")
    .option("--limit <count>", "how many", "20")
    .addHelpText("after", AFTER)
    .action(
      run(async (context, options, _first, _second, words) => {
        const conversationId = options["in"];
        const found = await context.call("search.messages", {
          query: words.map(asked).join(" "),
          limit: countIn("limit", options["limit"]),
          ...(typeof conversationId === "string" ? { conversationId: conversationId as Hit["conversationId"] } : {}), // the gateway checks the id
        });
        context.output.data(found, () => hitLines(found.hits));
      }),
    );
};
