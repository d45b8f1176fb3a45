import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseYaml, readYaml } from './yaml-document.ts';

const laughs = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefg'[i]}`).join(',')}]`)].join('\n');

describe('a YAML document', () => {
  it('says where each value and each key stands', () => {
    const document = parseYaml('a: 1\nb:\n  - c: x\n    d: [1, 2]\n', 'f.yaml');
    expect(document.value).toEqual({ a: 1, b: [{ c: 'x', d: [1, 2] }] });
    expect(document.where(['b', 0, 'd', 1])).toBe('f.yaml:4:12');
    expect(document.whereKey(['b', 0], 'd')).toBe('f.yaml:4:5');
  });

  it('says where the nearest ancestor of a missing value stands', () => {
    expect(parseYaml('a:\n  b: 1\n', 'f').where(['a', 'c', 'd'])).toBe('f:2:3');
  });

  it('expands aliases', () => {
    expect(parseYaml('a: &x { n: 1 }\nb: *x\n', 'f').value).toEqual({ a: { n: 1 }, b: { n: 1 } });
  });

  it('takes an alias for the last anchor before it, however the anchor is used later', () => {
    expect(parseYaml('a: &x 1\nb: &y [*x]\nc: &x 2\nd: [*x, *y]\n', 'f').value).toEqual({ a: 1, b: [1], c: 2, d: [2, [1]] });
    expect(parseYaml('&k a: 1\nb: *k\n', 'f').value).toEqual({ a: 1, b: 'a' });
  });

  it('refuses a bomb of aliases as quickly among many keys: aliases are not looked up in the whole document', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}: ${i}`).join('\n');
    expect(() => parseYaml(`${laughs}\n${keys}`, 'f')).toThrow(/more than 100000 values/);
  });

  it.each([
    ['a key given twice', 'a: 1\na: 2', /^f:2:1: Map keys must be unique$/],
    ['a key that reaches into objects', 'a:\n  __proto__: { x: 1 }', /^f:2:3: a\.__proto__: the key "__proto__" is not allowed$/],
    ['a constructor', 'constructor: 1', /the key "constructor" is not allowed/],
    ['an alias of itself', 'a: &a [*a]', /nested more than 64 levels/],
    ['a bomb of aliases', laughs, /more than 100000 values once aliases are expanded/],
    ['deep nesting', '['.repeat(50_000), /nested too deeply|more than 64 levels/],
    ['deep nesting of maps', Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /nested more than 64 levels/],
    ['an alias of nothing', 'a: *x', /Unresolved alias|refers to nothing/],
    ['a tag', 'a: !!binary aGk=', /tag/],
    ['an unknown tag', 'a: !evil x', /tag/],
    ['a second document', 'a: 1\n---\nb: 2', /a second document begins here; a scenario is one/],
    ['a list that is not closed', 'a: [1', /^f:1:/],
    ['a list as a key', '? [a]\n: 1', /keys must be strings/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseYaml(text, 'f')).toThrow(message);
  });

  it('does not let a key change the prototype of what is read', () => {
    expect(() => parseYaml('{"__proto__": {"polluted": true}}', 'f')).toThrow(/not allowed/);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('a YAML file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seatrial-yaml-'));
  const file = join(folder, 'f.yaml');

  it('that is missing is named', () => {
    expect(() => readYaml(join(folder, 'missing.yaml'))).toThrow(/missing\.yaml: there is no such file/);
  });

  it('that is a folder is named as one', () => {
    expect(() => readYaml(folder)).toThrow(/is a folder/);
  });

  it('that is not UTF-8 is refused with the line and column of the first bad byte', () => {
    writeFileSync(file, Buffer.from([...Buffer.from('name: x\nquestion: caf'), 0xe9, 0x0a]));
    expect(() => readYaml(file)).toThrow(`${file}:2:14: not UTF-8 text`);
  });

  it('that ends within a character is refused', () => {
    writeFileSync(file, Buffer.from([0x61, 0x3a, 0x20, 0xe2, 0x82]));
    expect(() => readYaml(file)).toThrow(/not UTF-8/);
  });

  it('that is far too large is refused before it is read', () => {
    writeFileSync(file, Buffer.alloc(1_048_577, 0x23));
    expect(() => readYaml(file)).toThrow(/has 1048577 bytes; a scenario has at most 1048576/);
    rmSync(folder, { recursive: true });
  });
});
