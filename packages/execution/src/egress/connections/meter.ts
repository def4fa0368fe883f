import type { Dispatcher } from "undici";
import type { ErrorCode } from "@moltbot/contracts";
import { EgressFault } from "../egress-fault.ts";
import type { Outgoing } from "../exchange.ts";

/** What one exchange took on the wire. */
export interface Metered {
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly code: ErrorCode | null;
}

/** Counts one exchange. */
export interface Meter {
  readonly intercept: Dispatcher.DispatcherComposeInterceptor;
  /** Why it ends before its end: the first word counts. */
  failed(code: ErrorCode): void;
  /** It ended, if nobody noticed before. */
  end(): void;
}

const headBytes = (headers: Readonly<Record<string, unknown>>): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + String(value).length + 4, 0);

const bodyBytes = (body: Outgoing["body"]): number => (body === null ? 0 : Buffer.byteLength(body));

/** How many bytes a request has, without a secret that is put on it. */
export const bytesOf = ({ method, target, headers, body }: Outgoing): number =>
  method.length + target.path.length + "  HTTP/1.1\r\n\r\n".length + headBytes(headers) + bodyBytes(body);

const codeOf = (thrown: unknown): ErrorCode => (thrown instanceof EgressFault ? thrown.error.code : "FETCH_FAILED");

/** Counts what comes in by the very bytes that the wire brought, and tells once how it ended. */
export const meterOf = (outgoing: Outgoing, ended: (metered: Metered) => void): Meter => {
  let bytesIn = 0;
  let code: ErrorCode | null = null;
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    ended({ bytesOut: bytesOf(outgoing), bytesIn, code });
  };
  const watch = (handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler => ({
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
    onResponseStart: (controller, status, headers, text) => {
      bytesIn += headBytes(headers);
      return handler.onResponseStart?.(controller, status, headers, text);
    },
    onResponseData: (controller, chunk) => {
      bytesIn += chunk.byteLength;
      return handler.onResponseData?.(controller, chunk);
    },
    onResponseEnd: (controller, trailers) => {
      end();
      return handler.onResponseEnd?.(controller, trailers);
    },
    onResponseError: (controller, thrown) => {
      code ??= codeOf(thrown);
      end();
      return handler.onResponseError?.(controller, thrown);
    },
  });
  return {
    intercept: (dispatch) => (options, handler) => dispatch(options, watch(handler)),
    failed: (why) => {
      if (!isOver) code ??= why;
    },
    end,
  };
};
