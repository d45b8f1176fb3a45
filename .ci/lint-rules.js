/** Rules of our own for the linter: syntax that a run must not contain because its result may differ between engines or releases. */

const noForIn = {
  meta: { type: 'problem', docs: { description: 'order of keys belongs to no specification that results could rest on' } },
  create: (context) => ({
    ForInStatement(node) {
      context.report({ node, message: 'for...in visits keys in an order that results must not rest on; use a Map or an array' });
    },
  }),
};

const noExponent = {
  meta: { type: 'problem', docs: { description: '** differs between releases of V8' } },
  create: (context) => {
    const report = (node) => {
      if (node.operator === '**' || node.operator === '**=') context.report({ node, message: '** differs between releases of V8; use pow of src/engine/numeric.ts' });
    };
    return { BinaryExpression: report, AssignmentExpression: report };
  },
};

const noPromise = {
  meta: { type: 'problem', docs: { description: 'a run is synchronous' } },
  create: (context) => {
    const report = (node) => {
      if (node.async) context.report({ node, message: 'a run is synchronous: no promises' });
    };
    return { FunctionDeclaration: report, FunctionExpression: report, ArrowFunctionExpression: report };
  },
};

export default { meta: { name: 'seatrial' }, rules: { 'no-for-in': noForIn, 'no-exponent': noExponent, 'no-promise': noPromise } };
