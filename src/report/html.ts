/** Text that is already HTML. */
export interface Html {
  readonly html: string;
}

/** A template whose values are escaped unless they are HTML themselves; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0]!;
  values.forEach((value, i) => {
    text += toHtml(value) + parts[i + 1]!;
  });
  return { html: text };
}

export type HtmlValue = string | number | Html | readonly HtmlValue[] | undefined;

/** Text taken as HTML without escaping. */
export function raw(text: string): Html {
  return { html: text };
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function toHtml(value: HtmlValue): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if ('html' in value) return value.html;
  return value.map(toHtml).join('');
}

/**
 * A table that scrolls on its own where the page is narrow, by keyboard too.
 * @param texts indices of columns that hold sentences: these break lines, others stay on one line, aligned as numbers
 */
export function htmlTable(caption: string, columns: readonly HtmlValue[], rows: readonly (readonly HtmlValue[])[], texts: readonly number[] = []): Html {
  const kind = (i: number): Html | undefined => (texts.includes(i) ? raw(' class="text"') : undefined);
 
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${columns.map((column, i) => html`<th scope="col"${kind(i)}>${column}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td${kind(i)}>${cell}</td>`))}</tr>`)}</tbody></table></div>\n`;
}
