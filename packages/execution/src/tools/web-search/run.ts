import { err, label, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { quote } from "../quote.ts";
import { toolAuthority } from "../tool-authority.ts";
import { defineTool } from "../tool.ts";
import type { ToolOutput, ToolRun } from "../tool.ts";
import { askService } from "./ask-service.ts";
import { chooseService } from "./choose-service.ts";
import type { ChosenService } from "./choose-service.ts";
import { input, manifest } from "./manifest.ts";
import { resultText } from "./result-text.ts";
import { serviceFailed } from "./search-service.ts";
import type { SearchWish } from "./search-service.ts";

const USUAL_COUNT = 8;

/** Whether the service stands where it stood when the call was allowed: the settings may have changed since. */
const stillThere = ({ resources }: ToolRun, { target }: ChosenService): boolean =>
  resources.some(({ kind, value }) => kind === "host" && value === target.authority);

const search = async (wish: SearchWish, run: ToolRun): Promise<Result<ToolOutput>> => {
  const { ports, signal } = run;
  const chosen = chooseService(ports.searchSettings());
  if (!chosen.ok) return chosen;
  const { service, target } = chosen.value;
  if (!stillThere(run, chosen.value))
    return err(serviceFailed(service.base, "another service was set while the call waited"));
  const { authority } = target;
  const found = await askService(
    ports.egress,
    // That the owner set exactly this host and port is the grant for it, also inside their own network.
    { ...toolAuthority(run, [authority], "query"), granted: [authority] },
    service,
    wish,
    signal,
  );
  if (!found.ok) return found;
  const { text, shown } = resultText(found.value, wish.count);
  return ok({
    text,
    summary: `Found ${shown === 1 ? "1 result" : `${String(shown)} results`} for ${quote(wish.query)} at ${authority}.`,
    label: label("untrusted", "public", [{ kind: "host", ref: authority }]),
  });
};

/** Searches with the service that the owner set, and with no other. The query is a message to it, and what it finds is untrusted. */
export const webSearch = defineTool({
  manifest,
  input,
  seconds: 25,
  describe: ({ query }) => `Searches the web for ${quote(query)}.`,
  resolve: async (_args, _call, { searchSettings }) => {
    const chosen = chooseService(searchSettings());
    if (!chosen.ok) return chosen;
    // Nobody knows who reads there, whoever runs it: it asks others.
    return ok([
      { argument: "query", kind: "host", value: chosen.value.target.authority, readers: "public", refusal: null },
    ]);
  },
  run: ({ query, count = USUAL_COUNT }, run) => search({ query, count }, run),
});
