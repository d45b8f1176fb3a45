import { isScalar, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { readText } from '../../read-text.ts';
import type { TraceFile } from '../../reader.ts';
import { TraceInputError } from '../../trace-input-error.ts';

/** One object of a file of Kubernetes objects: a document, or an entry of a List. */
export interface ManifestObject {
  readonly value: Readonly<Record<string, unknown>>;
  /** Line of the value at a path inside the object, or of the nearest ancestor that is there. In JSON: the line at which the object begins. */
  line(path: readonly PropertyKey[]): number;
}

const NOT_AN_OBJECT = 'a mapping with apiVersion, kind, metadata and spec';

/**
 * Reads YAML of any number of documents, or JSON, plain or gzip; Lists (`kubectl get ... -o json`) are taken apart. Empty documents are skipped.
 * @throws TraceInputError if the file is missing, not UTF-8, neither YAML nor JSON, or holds something else than objects
 */
export function readObjectFile(file: TraceFile): ManifestObject[] {
  const text = readText(file, 'Kubernetes objects as YAML or JSON');
  return /^\s*[[{]/.test(text) ? fromJson(file, text) : fromYaml(file, text);
}

function fromYaml(file: TraceFile, text: string): ManifestObject[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true, schema: 'core', prettyErrors: false, logLevel: 'error' });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const complaint = document.errors[0] ?? document.warnings[0];
    if (complaint !== undefined) throw new TraceInputError({ file: file.label, line: lines.linePos(complaint.pos[0]).line, problem: complaintOf(complaint.message) });
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 10_000 });
    } catch (error) {
      throw new TraceInputError({ file: file.label, problem: error instanceof Error ? error.message : String(error) });
    }
    const line = (path: readonly PropertyKey[]): number => {
      for (let length = path.length; length > 0; length--) {
        const node = document.getIn(path.slice(0, length), true) as Node | undefined;
        const offset = isScalar(node) || node?.range ? node.range?.[0] : undefined;
        if (offset !== undefined) return lines.linePos(offset).line;
      }
      return lines.linePos(document.contents?.range?.[0] ?? 0).line;
    };
    return value === null ? [] : entriesOf(file, value, (prefix) => (path) => line([...prefix, ...path]));
  });
}

function fromJson(file: TraceFile, text: string): ManifestObject[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // YAML can say where the mistake is, and takes what is nearly JSON.
    return fromYaml(file, text);
  }
  let starts: number[] | undefined;
  return entriesOf(file, value, (prefix) => () => {
    if (prefix.length === 0) return 1;
    starts ??= itemLines(text);
    return starts[prefix[1] as number] ?? 1;
  });
}

function entriesOf(file: TraceFile, value: unknown, lineAt: (prefix: readonly PropertyKey[]) => (path: readonly PropertyKey[]) => number): ManifestObject[] {
  const entry = (candidate: unknown, prefix: readonly PropertyKey[]): ManifestObject => {
    const line = lineAt(prefix);
    if (candidate === null || typeof candidate !== 'object' || Array.isArray(candidate)) throw new TraceInputError({ file: file.label, line: line([]), problem: 'is no Kubernetes object', expected: NOT_AN_OBJECT });
    return { value: candidate as Readonly<Record<string, unknown>>, line };
  };
  const whole = entry(value, []);
  const { kind, items } = whole.value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [whole];
  return items.map((item, i) => entry(item, ['items', i]));
}

/** Line on which each entry of the `items` of a List in JSON begins: a walk over the text that minds strings and depth. */
function itemLines(text: string): number[] {
  const starts: number[] = [];
  let line = 1;
  let depth = 0;
  let outer = '';
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\n') line++;
    else if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      if (depth === 1) outer = character;
      // Entries are objects inside an array inside the List.
      if (depth === 2 && outer === '[' && character === '{') starts.push(line);
      depth++;
    } else if (character === '}' || character === ']') depth--;
  }
  return starts;
}

/** The parser's message; what overflowed its stack is told in words of the user's file. */
function complaintOf(message: string): string {
  return message.includes('call stack') ? 'is nested too deeply' : message.split('\n')[0]!;
}
