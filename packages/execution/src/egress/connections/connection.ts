import type { AgentId, CallId, ConversationId, ErrorCode, PrincipalId, Result, TurnId } from "@moltbot/contracts";

/**
 * What is known of what may be in a request, from the label of what it was made of: `public` what everybody may know, `own` what
 * its person alone may, `group` what several may, `nobody` what not even its person may, `unknown` where nothing was said.
 */
export type DataKind = "public" | "own" | "group" | "nobody" | "unknown";

/** For whom somebody is dialled: ids alone, and what kind of data may be in it. */
export interface OnBehalf {
  readonly person: PrincipalId;
  readonly agentId: AgentId | null;
  readonly conversationId: ConversationId | null;
  readonly turnId: TurnId | null;
  readonly callId: CallId | null;
  readonly data: DataKind;
}

/** One exchange with a host, or one connection through the gate, as it ended. */
export interface Connection {
  readonly way: "tool" | "gate" | "provider";
  /** The tool whose call it was; null for what no tool asked for. */
  readonly tool: string | null;
  /** Null: for the house. */
  readonly behalf: OnBehalf | null;
  /** As a program of the gate wrote it where it was refused. */
  readonly host: string;
  /** 0 where none could be told. */
  readonly port: number;
  readonly methodClass: "read" | "write" | "tunnel";
  /** The name of the secret that was put on the wire. */
  readonly secret: string | null;
  /** Bytes of head and body, as they are sent and before they are unpacked; a secret's own and TLS are not counted. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** Null: it ended well. */
  readonly code: ErrorCode | null;
}

/** Puts a connection on record; durable when it returns. */
export type RecordConnection = (connection: Connection) => Promise<Result<void>>;
