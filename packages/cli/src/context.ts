import { createClient, createVaultDoor } from "@moltbot/client";
import type { Client, Transport, VaultDoor } from "@moltbot/client";
import type { OperationName, OperationOutput, OperationRequest } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import type { MoltbotError } from "@moltbot/contracts/errors";
import { ExposedToken, transportTo } from "./connection.ts";
import { createOutput } from "./output.ts";
import type { Output } from "./output.ts";

/** What a command is given. */
export interface CommandContext {
  readonly client: Client;
  /** The gateway's door, which answers also while the vault is locked. */
  readonly door: VaultDoor;
  readonly output: Output;
  /** Calls an operation; a failure ends the command with the error's message and exit code. */
  call<N extends OperationName>(name: N, input: OperationRequest<N>): Promise<OperationOutput<N>>;
}

/** Ends a command; caught at the program's door alone. */
export class CommandFailure extends Error {
  readonly failure: MoltbotError;
  constructor(failure: MoltbotError) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The exit code of a command that waits for a person's word. */
export const APPROVAL_PENDING = 6;
/** The exit code of a command that a person interrupted. */
export const INTERRUPTED = 130;

/** Ends a command that has already said everything, with this exit code. */
export class CommandExit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${String(code)}`);
    this.code = code;
  }
}

const connection = (): Transport => {
  try {
    return transportTo(process.env);
  } catch (cause) {
    const problem =
      cause instanceof ExposedToken
        ? "MOLTBOT_URL names another machine in plain http, where anybody on the way could read the token. Use https."
        : "The file that MOLTBOT_TOKEN_FILE names cannot be read.";
    throw new CommandFailure(moltbotError("USAGE", { problem }));
  }
};

/** The context of a command. The process's environment is read here for the connection alone. */
export const createContext = (json: boolean): CommandContext => {
  const transport = connection();
  const client = createClient({ transport });
  return {
    client,
    door: createVaultDoor(transport),
    output: createOutput(json),
    call: async (name, input) => {
      const result = await client.call(name, input);
      if (!result.ok) throw new CommandFailure(result.error);
      return result.value;
    },
  };
};
