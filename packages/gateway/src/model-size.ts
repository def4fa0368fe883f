import type { ModelEvent, ModelMessage, ModelRequest } from "@moltbot/contracts";
import type { ModelTokens } from "./model-price.ts";

type Finish = Extract<ModelEvent, { type: "finish" }>;

/** Of most languages; where a vendor says what it counted, that counts. */
const CHARACTERS_OF_A_TOKEN = 4;
const tokensIn = (characters: number): number => Math.ceil(characters / CHARACTERS_OF_A_TOKEN);

const charactersOf = (message: ModelMessage): number => {
  switch (message.role) {
    case "user":
    case "tool":
      return message.text.length;
    case "assistant":
      return message.calls.reduce((sum, call) => sum + call.arguments.length, message.text.length);
  }
};

const sizeOf = ({ system, messages, tools }: ModelRequest): number =>
  tokensIn(
    [
      system.length,
      ...messages.map(charactersOf),
      ...tools.map(({ description, input }) => description.length + JSON.stringify(input).length),
    ].reduce((sum, characters) => sum + characters, 0),
  );

/** How many characters of an answer an event hands on. */
export const charactersIn = (event: ModelEvent): number => {
  switch (event.type) {
    case "text":
      return event.text.length;
    case "call":
      return event.call.tool.length + event.call.arguments.length;
    case "instead":
    case "finish":
      return 0;
  }
};

/** A count that can be one; a server that counts nothing says 0, and one that was taken over may say anything. */
const countedBy = (said: number, measured: () => number): number =>
  Number.isSafeInteger(said) && said > 0 ? said : measured();

/** What an answer took by its own account; where that cannot be, what was sent and handed on is measured. */
export const tokensOf = (finish: Finish, request: ModelRequest, characters: number): ModelTokens => ({
  input: countedBy(finish.inputTokens, () => sizeOf(request)),
  output: countedBy(finish.outputTokens, () => tokensIn(characters)),
});

/** What an answer took that never said so: as much as it could have. */
export const mostTokensOf = (request: ModelRequest): ModelTokens => ({
  input: sizeOf(request),
  output: request.maxOutputTokens,
});
