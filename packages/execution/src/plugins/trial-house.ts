import { err, moltbotError, ok, PrincipalId, SecretId } from "@moltbot/contracts";
import type { JsonValue, PluginTrialAnswer, Result } from "@moltbot/contracts";
import { parseTarget } from "../egress/index.ts";
import type { Egress, EgressResponse } from "../egress/index.ts";
import type { AskPorts } from "./asks/ask-handler.ts";
import { bytesOf } from "./measure.ts";
import type { PluginTrialWish } from "./plugin-host.ts";

export const NOBODY = PrincipalId.parse("00000000-0000-7000-8000-000000000000");
const NO_SECRET = SecretId.parse("00000000-0000-7000-8000-000000000001");

const addressOf = (url: string): string => URL.parse(url)?.href ?? url;

const responseOf = ({ status, headers, url, body }: PluginTrialAnswer): EgressResponse => ({
  status,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  url,
  body: Buffer.from(body),
  redirects: 0,
});

/** Answers from a list; nobody is dialled. */
const egressOf = (answers: readonly PluginTrialAnswer[]): Egress => ({
  send: async (_authority, { method, url }) => {
    const answer = answers.find((one) => one.method === method && addressOf(one.url) === addressOf(url));
    if (answer !== undefined) return ok(responseOf(answer));
    const target = parseTarget(url);
    const host = target.ok ? target.value.authority : "the host";
    return err(moltbotError("FETCH_FAILED", { host, problem: "this trial has no answer for it" }));
  },
  fetchFor: () => async () => Response.error(),
  close: async () => undefined,
});

const boxOf = (kept: Readonly<Record<string, JsonValue>>): AskPorts["box"] => {
  const held = new Map(Object.entries(kept));
  const used = (): number =>
    [...held].reduce((sum, [key, value]) => sum + bytesOf(key) + bytesOf(JSON.stringify(value)), 0);
  return {
    get: async (_scope, _box, key) => ok(held.get(key) ?? null),
    set: async (_scope, _box, key, value, mostBytes): Promise<Result<void>> => {
      const before = held.get(key);
      held.set(key, value);
      if (used() <= mostBytes) return ok(undefined);
      if (before === undefined) held.delete(key);
      else held.set(key, before);
      return err(moltbotError("BUDGET_EXHAUSTED", { budget: "the box of a plugin", limit: mostBytes }));
    },
    remove: async (_scope, _box, key) => (held.delete(key), ok(undefined)),
    keys: async (_scope, _box, prefix) => ok([...held.keys()].filter((key) => key.startsWith(prefix)).toSorted()),
  };
};

/** A house in which nothing is dialled, nothing is kept and nobody's tools are called. */
export const trialHouse = (
  { answers, kept }: Pick<PluginTrialWish, "answers" | "kept">,
  newToken: () => string,
): AskPorts => ({
  egress: egressOf(answers),
  secrets: { ownNamed: () => NO_SECRET, mayUseHouse: async () => true },
  box: boxOf(kept),
  callTool: async (_scope, _within, _plugin, tool) => err(moltbotError("TOOL_UNKNOWN", { tool: tool.slice(0, 64) })),
  emit: () => undefined,
  newToken,
});
