import type { Message, MessagePart } from "@moltbot/contracts";
import { contentOf } from "../conversation/index.ts";
import { textParts } from "./compose.ts";
import type { TurnRun } from "./ports.ts";

const TOKEN = /(⟦\s*h[0-9a-f]{12}\s*⟧)/;
const HANDLE = /h[0-9a-f]{12}/;
/** As much as a quote's origin may hold. */
const LONGEST_ORIGIN = 200;

/** A reply as its reader should see it: each handle in it becomes a quote of what it stands for, with that text's own label. */
export const expandReply = ({ ports }: TurnRun, path: readonly Message[], text: string): readonly MessagePart[] =>
  text.split(TOKEN).flatMap((piece, at): readonly MessagePart[] => {
    // Every second piece is a token: split keeps what its one group caught.
    const handle = at % 2 === 1 ? HANDLE.exec(piece)?.[0] : undefined;
    const content = handle === undefined ? null : contentOf(ports.conversation, path, handle);
    if (content === null) return piece.trim() === "" ? [] : textParts(piece);
    const { result } = content;
    return [
      {
        type: "quote",
        kind: "quoted",
        from: result === undefined ? null : result.tool.slice(0, LONGEST_ORIGIN),
        text: content.text,
        label: content.label,
        ...(result?.signals === undefined ? {} : { signals: result.signals }),
      },
    ];
  });
