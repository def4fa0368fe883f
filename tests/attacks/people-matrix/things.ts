import type {
  Agent,
  Approval,
  Attachment,
  Capability,
  Contact,
  Memory,
  Message,
  Prompt,
  Reminder,
  SecretInfo,
  SessionInfo,
  TurnReport,
} from "@moltbot/contracts";
import { askedLast, scriptedModels } from "../../support/fitted-gateway.ts";
import { given, signInWith } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";
import { pairDeviceOf } from "./devices.ts";

/** Everything of one person that an operation can be asked for. */
export interface Things {
  readonly agentId: string;
  readonly conversationId: string;
  readonly turnId: string;
  readonly messageId: string;
  readonly callId: string;
  readonly approvalId: string;
  readonly capabilityId: string;
  readonly contactId: string;
  readonly reminderId: string;
  /** Many, because removing one takes it away. */
  readonly memories: string[];
  readonly attachmentId: string;
  readonly tokenId: string;
  readonly sessionId: string;
  readonly deviceId: string;
  readonly shareId: string;
  readonly promptId: string;
  readonly promptText: string;
  readonly secretId: string;
  readonly secretName: string;
  /** What sharing their conversation would release, as they saw it. */
  readonly release: { readonly upTo: string; readonly seen: string };
}

/** The host that everybody's secret may be sent to. */
export const HOST = "matrix.example";
/** A secret's value, which nobody may ever read, not even whose it is. */
export const valueOf = (name: string): string => `planted-${name}-5f1d0c7e92`;
/** A recognised secret that somebody once wrote: others see a mark in its place. */
export const KEY_IN_WORDS = "ghp_9fK2mQ7xT4vB8nL1sR6wZ3cY5hJ0dG2aE7pU";

const MEMORIES = 16;

/** Remembers and reminds when it is told to make something, and then asks to fetch a page, which waits for an answer. */
export const matrixModels = () =>
  scriptedModels((request) => {
    const asked = askedLast(request);
    const [word] = /zq\w+xq/.exec(asked) ?? [];
    if (word === undefined || !asked.startsWith("make ")) return { text: `heard ${asked}` };
    const since = request.messages.slice(request.messages.findLastIndex(({ role }) => role === "user"));
    const answered = since.filter(({ role }) => role === "tool").length;
    if (answered === 0)
      return {
        calls: [
          ...Array.from({ length: MEMORIES }, (_, at) => ({
            tool: "memory.save",
            arguments: { text: `${word} number ${String(at)}` },
          })),
          { tool: "reminder.create", arguments: { minutes: 600, text: word } },
        ],
      };
    return { calls: [{ tool: "web.fetch", arguments: { url: `https://${word}.example/` } }] };
  });

/** Says yes to everything until it is asked to fetch a page, and leaves that question open. */
const untilFetch = async (call: Caller, report: TurnReport): Promise<Approval> => {
  const fetching = report.approvals.find(({ question }) => question.tool === "web.fetch");
  if (fetching !== undefined) return fetching;
  if (report.approvals.length === 0) throw new Error(`nothing was asked: ${JSON.stringify(report)}`);
  for (const { id } of report.approvals) given(await call("approvals.answer", { approvalId: id, answer: "allow" }));
  return untilFetch(call, given(await call("turns.get", { turnId: report.turnId, wait: "true" })));
};

/** Makes one of everything for somebody who may; `hello` is what they say in the conversation that they may share. */
export const makeThings = async (
  call: Caller,
  url: string,
  { name, word, hello }: { readonly name: string; readonly word: string; readonly hello: string },
  shareWith: (made: Pick<Things, "agentId" | "promptId" | "secretId">) => Promise<string>,
): Promise<Things> => {
  const agentId = given<Agent>(await call("agents.create", { name: `agent of ${name}` })).id;
  const send = async (content: string): Promise<TurnReport> =>
    given(await call("messages.send", { agentId, content, conversationId: "new" }));
  const said = await send(hello);
  const made = await send(`make ${word}`);
  const asked = await untilFetch(call, made);
  const { conversationId } = said;
  const messages = given<Message[]>(await call("conversations.messages", { conversationId }));
  const [messageId = "", upTo = ""] = [messages[0]?.id, messages.at(-1)?.id];
  const capability = given<Capability>(
    await call("capabilities.grant", {
      holder: agentId,
      tool: "web.fetch",
      constraints: [{ kind: "equals", argument: "url", value: `https://${word}.example/granted` }],
      expires: 1,
      reason: word,
    }),
  );
  const contact = given<Contact>(
    await call("contacts.add", { kind: "person", name: word, address: `${word}@example.org` }),
  );
  const memories = given<Memory[]>(await call("memories.list"));
  const [reminder] = given<Reminder[]>(await call("reminders.list"));
  const attachment = given<Attachment>(
    await call("attachments.create", {
      conversationId,
      name: `${word}.txt`,
      mediaType: "text/plain",
      content: Buffer.from(word).toString("base64"),
    }),
  );
  const token = given<{ id: string }>(await call("tokens.create", { name: word }));
  const { url: link } = given<{ url: string }>(await call("links.create"));
  await signInWith(url, link);
  const session = given<SessionInfo[]>(await call("sessions.list")).find(({ current }) => !current);
  const device = await pairDeviceOf(url, call, word);
  const promptText = `prompt of ${name}: ${word.replace("xq", "promptxq")}`;
  const { id: promptId } = given<Prompt>(await call("prompts.create", { name: `prompt of ${name}`, text: promptText }));
  const secretName = `secret-of-${name}`;
  const secret = { name: secretName, value: valueOf(name), hosts: [HOST], of: "me" };
  const { id: secretId } = given<SecretInfo>(await call("secrets.set", secret));
  const { digest: seen } = given<{ digest: string }>(await call("shares.foresee", { conversationId, upTo }));
  return {
    agentId,
    conversationId,
    turnId: said.turnId,
    messageId,
    callId: asked.callId,
    approvalId: asked.id,
    capabilityId: capability.id,
    contactId: contact.id,
    reminderId: reminder?.id ?? "",
    memories: memories.map(({ id }) => id),
    attachmentId: attachment.id,
    tokenId: token.id,
    sessionId: session?.id ?? "",
    deviceId: device.id,
    shareId: await shareWith({ agentId, promptId, secretId }),
    promptId,
    promptText,
    secretId,
    secretName,
    release: { upTo, seen },
  };
};
