import { OPERATIONS, OPERATION_NAMES, covers, err, moltbotError, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type {
  AccessAnswer,
  OperationHandlers,
  OperationInput,
  OperationName,
  Person,
  Proof,
  RequestContext,
  Result,
  SharedObject,
} from "@moltbot/contracts";
import { findObject, judgeObject } from "../object-access.ts";
import type { OwnedObject } from "../object-access.ts";
import type { OperationPorts } from "./ports.ts";
import { allowedTo, roleOf } from "./standing.ts";
import type { Standing } from "./standing.ts";

type Handlers = Pick<OperationHandlers, "access.explain">;
type Because = AccessAnswer["because"][number];

const because = (allowed: boolean, rule: Because["rule"], says: string): AccessAnswer => ({
  allowed,
  because: [{ rule, says, shareId: null }],
});

/** Both must allow; what refuses is said first. */
const both = (a: AccessAnswer, b: AccessAnswer): AccessAnswer => ({
  allowed: a.allowed && b.allowed,
  because: b.allowed ? [...a.because, ...b.because] : [...b.because, ...a.because],
});

/** Whether somebody may call an operation at all: by where they stand, by their role, and by what a credential is for. */
const judgeOperation = (
  { state, role }: Pick<Person, "state" | "role">,
  name: OperationName,
  scopes: Proof["scopes"],
  standing: Standing,
): AccessAnswer => {
  const { role: required } = OPERATIONS[name];
  if (required === null) return because(true, "role", `${name} needs nobody who is known.`);
  if (state !== "active") return because(false, "state", `Only who is active may anything; this person is ${state}.`);
  if (!roleSuffices(role, required))
    return because(false, "role", `${name} needs the role ${required}; this person has ${role}.`);
  if (!allowedTo(standing).has(name))
    return because(false, "role", `The role that this house made for this person does not cover ${name}.`);
  if (scopes !== null && !covers(scopes, name))
    return because(false, "scope", `The credential that asks is not for ${name}: ${scopes.join(", ")}.`);
  return because(true, "role", `${name} needs the role ${required}, and this person has ${role}.`);
};

/** Who it is about: oneself, or another for who keeps the house or asks about a thing of their own. */
const personOf = async (
  { house }: OperationPorts,
  { principal: by }: RequestContext,
  id: OperationInput<"access.explain">["personId"],
  object: OwnedObject | null,
): Promise<Result<Person>> => {
  const other = id !== undefined && id !== by.id;
  if (other && object?.ownerId !== by.id && !roleSuffices(by.role, "admin"))
    return err(moltbotError("ROLE_INSUFFICIENT", { required: "admin", role: by.role }));
  // With whom else a conversation or a secret is shared is its owner's to know.
  if (other && (object?.type === "conversation" || object?.type === "secret") && object.ownerId !== by.id)
    return err(moltbotError("ACCESS_DENIED", { right: "explain", kind: object.type }));
  const person = await house.store.people.find(ownScope(by), id ?? by.id);
  // Of oneself the credential counts, which may have less than one's whole role.
  return person.ok && !other ? ok({ ...person.value, role: by.role }) : person;
};

type Asked = Pick<OperationInput<"access.explain">, "agentId" | "promptId" | "secretId" | "conversationId">;

const objectsIn = ({ agentId, promptId, secretId, conversationId }: Asked): readonly SharedObject[] => [
  ...(agentId === undefined ? [] : [{ type: "agent", id: agentId } as const]),
  ...(promptId === undefined ? [] : [{ type: "prompt", id: promptId } as const]),
  ...(secretId === undefined ? [] : [{ type: "secret", id: secretId } as const]),
  ...(conversationId === undefined ? [] : [{ type: "conversation", id: conversationId } as const]),
];

const explain = async (
  ports: OperationPorts,
  context: RequestContext,
  { personId, operation, right, ...asked }: OperationInput<"access.explain">,
): Promise<Result<AccessAnswer>> => {
  const { principal: by, proof } = context;
  const { store } = ports.house;
  const [wanted, second] = objectsIn(asked);
  if ((operation === undefined && wanted === undefined) || second !== undefined)
    return err(
      moltbotError("REQUEST_INVALID", {
        path: "operation",
        problem: "name an operation, or one thing, or one of each",
      }),
    );
  const name = OPERATION_NAMES.find((known) => known === operation);
  if (operation !== undefined && name === undefined) return err(moltbotError("NOT_FOUND", { kind: "operation" }));
  // What the asker may not use is not there for them.
  const object = wanted === undefined ? ok(null) : await findObject({ store, secrets: ports.secrets }, by, wanted);
  if (!object.ok) return object;
  const person = await personOf(ports, context, personId, object.value);
  if (!person.ok) return person;
  const scopes = person.value.id === by.id ? (proof?.scopes ?? null) : null;
  const standing = await roleOf(store, by, person.value);
  if (!standing.ok) return standing;
  const called = name === undefined ? null : judgeOperation(person.value, name, scopes, standing.value);
  if (object.value === null)
    return called === null ? err(moltbotError("NOT_FOUND", { kind: "operation" })) : ok(called);
  const judged = await judgeObject(store, by, person.value.id, object.value, right);
  return judged.ok && called !== null ? ok(both(judged.value, called)) : judged;
};

/** Says which rule lets somebody do something, or keeps them from it; it changes nothing. */
export const accessExplainOperations = (ports: OperationPorts): Handlers => ({
  "access.explain": (context, input) => explain(ports, context, input),
});
