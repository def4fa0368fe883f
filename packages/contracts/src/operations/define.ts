import type { z } from "zod";
import type { EffectClass } from "../tool.ts";
import type { Role } from "../principal.ts";

/** What an operation acts on; shown in docs and used for roles on objects. */
export const OBJECT_TYPES = [
  "agent",
  "conversation",
  "turn",
  "approval",
  "capability",
  "audit",
  "token",
  "session",
  "configuration",
  "reminder",
  "memory",
  "secret",
  "decision",
  "policy",
  "contact",
  "prompt",
  "provenance",
  "person",
  "team",
  "share",
  "plugin",
  "skill",
  "signer",
  "system",
] as const;
export type ObjectType = (typeof OBJECT_TYPES)[number];

/**
 * One operation, written once: REST, CLI, client, OpenAPI and docs are made from it. Path parameters (`{agentId}`) are keys
 * of `input`; the rest of `input` is the query (GET, DELETE) or the JSON body (POST, PUT, PATCH).
 */
export interface Operation<I extends z.ZodObject, O extends z.ZodType> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: `/${string}`;
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  /** Null: needs no principal (sign-in, health). */
  readonly role: Role | null;
  readonly object: ObjectType;
  readonly effect: EffectClass;
  /** Status of success. */
  readonly status: 200 | 201 | 202;
  /** Answers with server-sent events when the request accepts `text/event-stream`. */
  readonly streams: boolean;
}

type Wish<I extends z.ZodObject, O extends z.ZodType> = Omit<Operation<I, O>, "status" | "streams"> & {
  readonly status?: Operation<I, O>["status"];
  readonly streams?: boolean;
};

/** Fills the defaults: status 200, no streaming. */
export const operation = <I extends z.ZodObject, O extends z.ZodType>(wish: Wish<I, O>): Operation<I, O> =>
  Object.freeze({ status: 200, streams: false, ...wish });
