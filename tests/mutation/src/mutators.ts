/** The small faults that a test should notice: comparisons off by one side, terms swapped, conditions fixed, calls left out. Read off the syntax tree of a compiled module. */
import { parseSync } from 'oxc-parser';

/** One fault: what stands from `start` to `end` is replaced. */
export interface Mutation {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** What kind of fault it is. */
  readonly fault: string;
  /** A statement is left out where the fault is on; an expression is replaced. */
  readonly of: 'expression' | 'statement';
  /** Evaluated when the module is loaded, and never again. */
  readonly atLoad: boolean;
}

/** A node of the tree, as far as faults need it. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const swaps: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
};

const assignments: Readonly<Record<string, string>> = {
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '/=': '*=',
  '??=': '=',
  '|=': '&=',
  '&=': '|=',
};

/** @throws SyntaxError: the module cannot be parsed */
export function mutationsOf(code: string): readonly Mutation[] {
  const { errors, program } = parseSync('module.js', code, { sourceType: 'module' });
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(error.message);
  const finder = new Finder(code);
  // The tree's own types are many; faults need the few fields that `Node` reads with care.
  finder.walk(program as unknown as Node, { atLoad: true });
  return finder.found;
}

interface Place {
  readonly atLoad: boolean;
}

class Finder {
  readonly found: Mutation[] = [];
  readonly #code: string;

  constructor(code: string) {
    this.#code = code;
  }

  walk(node: Node, place: Place): void {
    if (isLeftAlone(node)) return;
    this.#visit(node, place);
    const inside: Place = isFunction(node) ? { atLoad: false } : place;
    for (const [field, child] of Object.entries(node)) {
      if (isName(node, field)) continue;
      // The fields of an object are set whenever one is made; those of the class once.
      const at = node.type === 'PropertyDefinition' && field === 'value' && node['static'] !== true ? { atLoad: false } : inside;
      for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) this.walk(each, at);
    }
  }

  #visit(node: Node, place: Place): void {
    const replace = (fault: string, replacement: string, at: Node = node): void => {
      this.found.push({ start: at.start, end: at.end, replacement, fault, of: 'expression', atLoad: place.atLoad });
    };
    const text = (of: unknown): string => (isNode(of) ? this.#code.slice(of.start, of.end) : '');
    switch (node.type) {
      case 'BinaryExpression':
      case 'LogicalExpression': {
        const operator = String(node['operator']);
        if (operator === '+' && [node['left'], node['right']].some(isText)) return;
        for (const other of swaps[operator] ?? [])
          replace(`${operator} to ${other}`, `(${text(node['left'])}) ${other} (${text(node['right'])})`);
        return;
      }
      case 'IfStatement':
      case 'ConditionalExpression':
      case 'WhileStatement': {
        const test = node['test'];
        if (!isNode(test)) return;
        replace('condition to false', 'false', test);
        // A loop without end is found by time only.
        if (node.type !== 'WhileStatement') replace('condition to true', 'true', test);
        return;
      }
      case 'UnaryExpression':
        if (node['operator'] === '!' || node['operator'] === '-') replace(`${node['operator']} left out`, text(node['argument']));
        return;
      case 'UpdateExpression': {
        const other = node['operator'] === '++' ? '--' : '++';
        const target = text(node['argument']);
        replace(`${String(node['operator'])} to ${other}`, node['prefix'] === true ? other + target : target + other);
        return;
      }
      case 'AssignmentExpression': {
        const other = assignments[String(node['operator'])];
        if (other !== undefined)
          replace(`${String(node['operator'])} to ${other}`, `${text(node['left'])} ${other} ${text(node['right'])}`);
        return;
      }
      case 'Literal':
        if (typeof node['value'] === 'boolean') replace(`${String(node['value'])} to ${String(!node['value'])}`, String(!node['value']));
        else if (typeof node['value'] === 'number') replace('constant plus one', `${text(node)} + 1`);
        else if (typeof node['value'] === 'bigint') replace('constant plus one', `${text(node)} + 1n`);
        return;
      case 'ExpressionStatement': {
        const expression = node['expression'];
        if (isNode(expression) && isLeavable(expression)) replace('statement left out', 'undefined', expression);
        return;
      }
      case 'ReturnStatement': {
        const argument = node['argument'];
        // To who asks whether, undefined is as false; that `false` may be `true` is a fault of its own.
        if (isNode(argument) && text(argument) !== 'undefined' && text(argument) !== 'false')
          replace('returns undefined', 'undefined', argument);
        return;
      }
      case 'ThrowStatement':
        this.found.push({
          start: node.start,
          end: node.end,
          replacement: '',
          fault: 'throw left out',
          of: 'statement',
          atLoad: place.atLoad,
        });
        return;
      case 'ChainExpression':
        for (const optional of optionalsIn(node)) {
          const at = this.#code.indexOf('?.', optional.objectEnd);
          const dot = optional.keepsDot ? '.' : '';
          replace('optional chaining left out', this.#code.slice(node.start, at) + dot + this.#code.slice(at + 2, node.end));
        }
        return;
      default:
    }
  }
}

/** What says an error, and what is not code that runs. */
function isLeftAlone({ callee, type }: Node): boolean {
  if (type === 'ImportDeclaration' || type === 'ExportAllDeclaration' || type === 'TemplateLiteral') return true;
  return (
    (type === 'NewExpression' || type === 'CallExpression') &&
    isNode(callee) &&
    typeof callee['name'] === 'string' &&
    callee['name'].endsWith('Error')
  );
}

function isFunction({ type }: Node): boolean {
  return type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression';
}

/** Names of properties are no expressions, unless computed; `delete` wants the property itself. */
function isName({ computed, operator, type }: Node, field: string): boolean {
  if (type === 'UnaryExpression' && operator === 'delete') return true;
  if (computed === true) return false;
  return field === 'key' || (type === 'MemberExpression' && field === 'property');
}

function isLeavable({ argument, callee, type }: Node): boolean {
  if (type === 'AwaitExpression') return isNode(argument) && isLeavable(argument);
  if (type === 'CallExpression') return !(isNode(callee) && callee.type === 'Super');
  return type === 'AssignmentExpression' || type === 'UpdateExpression' || type === 'ChainExpression';
}

function optionalsIn(node: Node): readonly { readonly objectEnd: number; readonly keepsDot: boolean }[] {
  const found: { readonly objectEnd: number; readonly keepsDot: boolean }[] = [];
  for (let at: unknown = node['expression']; isNode(at); at = at['object'] ?? at['callee']) {
    const object = at['object'] ?? at['callee'];
    if (at['optional'] === true && isNode(object))
      found.push({ objectEnd: object.end, keepsDot: at.type === 'MemberExpression' && at['computed'] !== true });
  }
  return found;
}

function isText(node: unknown): boolean {
  return isNode(node) && ((node.type === 'Literal' && typeof node['value'] === 'string') || node.type === 'TemplateLiteral');
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value && 'end' in value
  );
}
