/** A table in GitHub-flavoured Markdown. @param numbers columns that are aligned to the right */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[], numbers: readonly number[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(header), `|${header.map((_, i) => (numbers.includes(i) ? '---:' : '---')).join('|')}|`, ...rows.map(line)].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;').replaceAll(/\s*\n\s*/g, ' ');
}
