import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, hashOf } from './canonical.ts';

describe('canonical JSON', () => {
  it('has its keys sorted, nothing for what is undefined, and texts for what JSON cannot say', () => {
    expect(canonicalJson({ b: [1, undefined, 'x'], a: { d: Infinity, c: null }, e: undefined })).toBe('{"a":{"c":null,"d":"Infinity"},"b":[1,null,"x"]}');
    expect(canonicalJson(new Map([['z', []], ['y', {}]] as [string, object][]))).toBe('{"y":{},"z":[]}');
  });

  it('says what JSON says of data whose keys are sorted, and its hash is that of the text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(hashOf(value)).toBe(createHash('sha256').update(text).digest('hex'));
      }),
    );
  });
});
