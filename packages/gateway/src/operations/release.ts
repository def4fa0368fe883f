import { err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  ConversationId,
  MessageId,
  OperationHandlers,
  OperationInput,
  Principal,
  RequestContext,
  Result,
} from "@moltbot/contracts";
import { findObject } from "../object-access.ts";
import { releaseOf } from "../release.ts";
import type { Release } from "../release.ts";
import type { OperationPorts } from "./ports.ts";

type SetInput = OperationInput<"shares.set">;

/** A conversation of one's own, and how far it is to be seen. */
export interface ReleaseWish {
  readonly conversationId: ConversationId;
  readonly upTo: MessageId;
}

const invalid = (path: string, problem: string): Result<never> =>
  err(moltbotError("REQUEST_INVALID", { path, problem }));

/** What sharing would release. Only whoever owns the conversation releases anything of it: ACCESS_DENIED for who reads it. */
const foreseen = async (
  { house: { store }, secrets }: OperationPorts,
  by: Principal,
  { conversationId, upTo }: ReleaseWish,
): Promise<Result<Release>> => {
  const found = await findObject({ store, secrets }, by, { type: "conversation", id: conversationId });
  if (!found.ok) return found;
  if (found.value.ownerId !== by.id)
    return err(moltbotError("ACCESS_DENIED", { right: "share", kind: "conversation" }));
  const path = await store.conversations.pathTo(ownScope(by), conversationId, upTo);
  if (!path.ok) return path;
  const release = releaseOf({ id: conversationId, upTo, path: path.value });
  return release.messages.length === 0 ? invalid("upTo", "up to there is nothing that others would see") : ok(release);
};

/** How a conversation is shared, and how not. Null: as it may be. */
const faultIn = ({ to, rights, effect, upTo, seen }: SetInput): Result<never> | null => {
  // A team would let whoever changes it read along.
  if (to.kind !== "person") return invalid("to", "a conversation is shared with persons, one by one");
  if (effect !== "allow") return invalid("effect", "nobody reads a conversation unless it is shared; end the share");
  if (rights.some((right) => right !== "use")) return invalid("rights", "a conversation is shared to be read: use");
  if (upTo === undefined) return invalid("upTo", "name the last message that it shows");
  return seen === undefined ? invalid("seen", "give the digest of what `shares foresee` showed you") : null;
};

/** What a wish to share a conversation releases: exactly what whoever shares it was shown, or RELEASE_CHANGED. */
export const releaseFor = async (
  ports: OperationPorts,
  by: Principal,
  input: SetInput,
): Promise<Result<(Release & ReleaseWish) | null>> => {
  const { object, upTo, seen } = input;
  if (object.type !== "conversation")
    return upTo === undefined && seen === undefined
      ? ok(null)
      : invalid(upTo === undefined ? "seen" : "upTo", "only a conversation is shared up to a message");
  const fault = faultIn(input);
  if (fault !== null || upTo === undefined) return fault ?? invalid("upTo", "name the last message that it shows");
  const release = await foreseen(ports, by, { conversationId: object.id, upTo });
  if (!release.ok) return release;
  return release.value.digest === seen
    ? ok({ ...release.value, conversationId: object.id, upTo })
    : err(moltbotError("RELEASE_CHANGED"));
};

/** Shows what would leave; it changes nothing. */
export const releaseOperations = (ports: OperationPorts): Pick<OperationHandlers, "shares.foresee"> => ({
  "shares.foresee": async ({ principal }: RequestContext, wish) => {
    const release = await foreseen(ports, principal, wish);
    if (!release.ok) return release;
    const { messages, sources, masked, digest } = release.value;
    return ok({ messages: [...messages], sources: [...sources], masked, digest });
  },
});
