import { PromptId, ok, ownScope } from "@moltbot/contracts";
import type {
  OperationHandlers,
  OperationInput,
  Principal,
  PrincipalId,
  Prompt,
  RequestContext,
  Result,
} from "@moltbot/contracts";
import { recordedChange } from "../recorded-change.ts";
import { callableName } from "./callable-name.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "prompts.list" | "prompts.create" | "prompts.change" | "prompts.remove">;

/** Whose words a text is that came this way: nobody's, where the credential passes on what others wrote. */
const writerOf = ({ principal, proof }: RequestContext): PrincipalId | null =>
  proof?.integrity === "authority" ? principal.id : null;

const create = async (
  { house }: OperationPorts,
  context: RequestContext,
  { name, text }: OperationInput<"prompts.create">,
): Promise<Result<Prompt>> => {
  const called = callableName(name);
  if (!called.ok) return called;
  const { id: ownerId } = context.principal;
  const now = house.clock.now();
  const writtenBy = writerOf(context);
  const prompt: Prompt = {
    id: house.ids.next(PromptId),
    ownerId,
    name,
    text,
    writtenBy,
    createdAt: now,
    updatedAt: now,
  };
  const made = await recordedChange(house, {
    event: {
      event: "prompt:created",
      actor: ownerId,
      fields: { promptId: prompt.id, ownWords: writtenBy !== null },
      details: { name },
      subject: `person:${ownerId}`,
    },
    widens: true,
    change: () => house.store.prompts.create(ownScope(context.principal), prompt),
  });
  return made.ok ? ok(prompt) : made;
};

const change = async (
  { house }: OperationPorts,
  context: RequestContext,
  { promptId, name, text }: OperationInput<"prompts.change">,
): Promise<Result<Prompt>> => {
  const called = name === undefined ? ok(undefined) : callableName(name);
  if (!called.ok) return called;
  const scope = ownScope(context.principal);
  const found = await house.store.prompts.find(scope, promptId);
  if (!found.ok) return found;
  const writtenBy = writerOf(context);
  const { ownerId } = found.value;
  return recordedChange(house, {
    event: {
      event: "prompt:changed",
      actor: context.principal.id,
      fields: {
        promptId,
        ownerId,
        ownWords: writtenBy !== null,
        renamed: name !== undefined,
        rewritten: text !== undefined,
      },
      ...(name === undefined ? {} : { details: { name }, subject: `person:${ownerId}` }),
    },
    widens: true,
    change: () =>
      house.store.prompts.change(scope, promptId, {
        name: name ?? null,
        text: text ?? null,
        writtenBy,
        updatedAt: house.clock.now(),
      }),
  });
};

const remove = async (
  { house }: OperationPorts,
  by: Principal,
  promptId: PromptId,
): Promise<Result<Record<string, never>>> => {
  const scope = ownScope(by);
  const found = await house.store.prompts.find(scope, promptId);
  if (!found.ok) return found;
  const removed = await recordedChange(house, {
    event: { event: "prompt:removed", actor: by.id, fields: { promptId, ownerId: found.value.ownerId } },
    widens: true,
    change: () => house.store.prompts.remove(scope, promptId),
  });
  return removed.ok ? ok({}) : removed;
};

/** Texts to begin messages with. Whose words they are goes with them; see `messages.send`. */
export const promptOperations = (ports: OperationPorts): Handlers => ({
  "prompts.list": ({ principal }) => ports.house.store.prompts.list(ownScope(principal)),
  "prompts.create": (context, input) => create(ports, context, input),
  "prompts.change": (context, input) => change(ports, context, input),
  "prompts.remove": ({ principal }, { promptId }) => remove(ports, principal, promptId),
});
