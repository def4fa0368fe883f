import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { DataFlow } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { amountText, kindWords, plainHost, secretsText, senderText, timesText } from "../words-of-flows.ts";
import type { HostFlows, Of } from "../words-of-flows.ts";
import { momentText } from "../words.ts";

export interface FlowTableWish {
  readonly hosts: readonly HostFlows[];
  readonly of: Of;
  readonly now: number;
}

const COLUMNS = ["By", "Kind of data", "Sent", "Received", "Last"] as const;

/** A kind of data as a mark; what is not even its person's stands out. */
export const kindMark = (kind: DataFlow["data"], of: Of): TemplateResult =>
  html`<span class=${kind === "nobody" ? "chip caution" : "tag"}>${kindWords(kind, of).name}</span>`;

/** An address, its letters in the order they were asked for, with a mark where they are no plain ones. */
const hostView = (host: string): TemplateResult => {
  const plain = plainHost(host);
  return html`<code class="host">${honestText(host)}</code> ${
      plain === undefined
        ? nothing
        : html`<span class="chip caution">unusual letters</span>${
              plain === null ? nothing : html` <span class="quiet">in plain letters <code>${plain}</code></span>`
            }`
    }`;
};

// A narrow screen stacks the cells: there each says by itself what it holds, which readers know from the column.
const named = (name: string, content: unknown): TemplateResult =>
  html`<td role="cell">
    <span class="cell-name" aria-hidden="true">${name}</span>
    ${content}
  </td>`;

const flowRow = (flow: DataFlow, { of, now }: FlowTableWish): TemplateResult => {
  const secrets = secretsText(flow);
  return html`<tr role="row">
    <td role="cell">
      ${honestText(senderText(flow))} <span class="quiet">${timesText(flow)}</span>
      ${secrets === null ? nothing : html`<span class="quiet with-secret">${honestText(secrets)}</span>`}
    </td>
    <td role="cell">${kindMark(flow.data, of)}</td>
    ${named("Sent", amountText(flow.bytesOut))} ${named("Received", amountText(flow.bytesIn))}
    ${named("Last", momentText(flow.lastAt, now))}
  </tr>`;
};

const hostRows = ({ host, flows, bytesOut, bytesIn }: HostFlows, index: number, wish: FlowTableWish): TemplateResult =>
  html`<tbody role="rowgroup">
    <tr role="row">
      <th role="rowheader" scope="rowgroup" colspan=${COLUMNS.length} id="flow-host-${index}" tabindex="-1">
        ${host === null ? html`No longer known <span class="quiet">erased with its conversation, or too old</span>` : hostView(host)}
        ${bytesOut === 0 && host !== null ? html`<span class="quiet">was sent nothing</span>` : nothing}
        ${
          flows.length < 2
            ? nothing
            : html`<span class="quiet">${amountText(bytesOut)} sent, ${amountText(bytesIn)} received in all</span>`
        }
      </th>
    </tr>
    ${flows.map((flow) => flowRow(flow, wish))}
  </tbody>`;

/** Each host with what went to it, in which way, how much and when last. */
export const flowTable = (wish: FlowTableWish): TemplateResult =>
  // Stacked cells are no table for every reader unless its parts say what they are.
  html`<table class="flows" role="table" aria-labelledby="flows-hosts">
    <thead role="rowgroup">
      <tr role="row">
        ${COLUMNS.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}
      </tr>
    </thead>
    ${wish.hosts.map((host, index) => hostRows(host, index, wish))}
  </table>`;
