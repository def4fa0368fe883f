import { err, label, moltbotError, ok } from "@moltbot/contracts";
import type { MoltbotError, PrincipalId, Readers, ResolvedResource, Result } from "@moltbot/contracts";
import { parseTarget } from "../../egress/index.ts";
import type { EgressResponse, EgressSecret } from "../../egress/index.ts";
import { quote } from "../quote.ts";
import { hostResource, toolAuthority } from "../tool-authority.ts";
import { defineTool } from "../tool.ts";
import type { ToolOutput, ToolPorts, ToolRun } from "../tool.ts";
import { answerText } from "./answer-text.ts";
import { readInput, sendInput } from "./arguments.ts";
import type { Arguments } from "./arguments.ts";
import { readManifest, sendManifest } from "./manifests.ts";

const resolve = async (args: Arguments): Promise<Result<readonly ResolvedResource[]>> => {
  const target = parseTarget(args.url);
  if (!target.ok) return target;
  const others = (["method", "headers", "secret"] as const).map((argument): ResolvedResource => ({
    argument,
    kind: "value",
    value: JSON.stringify(args[argument] ?? null),
    refusal: null,
  }));
  return ok([hostResource("url", target.value), ...others]);
};

/** The secret as egress is asked for it: by its name, on behalf of the person for whom the turn runs. */
const secretOf = async (
  { secret }: Arguments,
  person: PrincipalId,
  { secrets }: ToolPorts,
): Promise<Result<EgressSecret | null>> => {
  if (secret === undefined) return ok(null);
  const { name, header = null } = secret;
  const prefix = secret.prefix ?? (header === null ? null : "Bearer ");
  if (secret.keptBy === "house")
    return (await secrets.mayUseHouse(person))
      ? ok({ name, header, prefix })
      : err(moltbotError("SECRET_NOT_FOUND", { name }));
  const id = secrets.ownNamed(person, name);
  return id === null
    ? err(moltbotError("SECRET_NOT_FOUND", { name }))
    : ok({ name, header, prefix, keptBy: { person, id } });
};

/** What a person's own secret opened is theirs to know. */
const readersBy = (secret: EgressSecret | null): Readers =>
  secret?.keptBy === undefined ? "public" : [secret.keptBy.person];

const outputOf = (args: Arguments, answer: EgressResponse, authority: string, readers: Readers): ToolOutput => ({
  text: answerText(answer),
  summary: `${args.method} ${quote(answer.url)}: ${String(answer.status)} (${String(answer.body.byteLength)} bytes).`,
  label: label("untrusted", readers, [{ kind: "host", ref: authority }]),
});

const request = async (args: Arguments, run: ToolRun, follow: boolean): Promise<Result<ToolOutput>> => {
  const target = parseTarget(args.url);
  if (!target.ok) return target;
  const { authority } = target.value;
  const secret = await secretOf(args, run.call.authority, run.ports);
  if (!secret.ok) return secret;
  const answer = await run.ports.egress.send(
    toolAuthority(run, [authority]),
    {
      method: args.method,
      url: args.url,
      headers: { "user-agent": "Moltbot", ...args.headers },
      body: "body" in args ? (args.body ?? null) : null,
      secret: secret.value,
      follow,
    },
    run.signal,
  );
  return answer.ok ? ok(outputOf(args, answer.value, authority, readersBy(secret.value))) : answer;
};

/** Errors after which the other side may have done what it was asked. */
const TOO_LATE: ReadonlySet<string> = new Set(["FETCH_FAILED", "RESPONSE_TOO_LARGE", "INTERNAL"]);
const asUnknown = (error: MoltbotError): MoltbotError =>
  TOO_LATE.has(error.code) ? moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: sendManifest.name }) : error;

const bySecret = ({ secret }: Arguments): string =>
  secret === undefined ? "" : `, with the secret ${quote(secret.name)}`;

/** Asks a web service. It reaches the one host that the permitted call names; redirects keep to the grant's methods and paths. */
export const httpGet = defineTool({
  manifest: readManifest,
  input: readInput,
  seconds: 30,
  describe: (args) => `Sends ${args.method} to ${quote(args.url)}${bySecret(args)}.`,
  resolve,
  run: (args, run) => request(args, run, true),
});

/** Sends to a web service, once: no redirect is followed, and what may have happened is never said to have failed. */
export const httpRequest = defineTool({
  manifest: sendManifest,
  input: sendInput,
  seconds: 60,
  describe: (args) => `Sends ${args.method} to ${quote(args.url)}${bySecret(args)}.`,
  preview: async ({ body }) => (body === undefined ? null : { kind: "message", text: body }),
  resolve,
  run: async (args, run) => {
    const sent = await request(args, run, false);
    return sent.ok ? sent : err(asUnknown(sent.error));
  },
});
