import { type AlterTableCmd, type ColumnDef, type IndexStmt, type Node, parse } from 'libpg-query';

/** Changes of a table that no earlier code notices. */
const harmlessChanges = ['AT_SetRelOptions', 'AT_ResetRelOptions', 'AT_SetStatistics', 'AT_SetStorage'];

/**
 * What in the SQL of a migration the code of the version before may not expect, or would have to wait for: everything
 * except a few forms. A table that the migration itself creates may be changed in any way.
 *
 * @param isOutside Whether its statements run outside of a transaction.
 */
export async function contractionsIn(sql: string, isOutside = false): Promise<string[]> {
  const { stmts = [] } = await parse(sql);
  const created = new Set<string>();
  return stmts.flatMap(({ stmt }) => {
    if (stmt === undefined) return [];
    if ('CreateStmt' in stmt && !isOutside) created.add(tableOf(stmt));
    if (created.has(tableOf(stmt))) return [];
    return contractionOf(stmt, isOutside) ?? [];
  });
}

function tableOf(statement: Node): string {
  const [fields] = Object.values(statement) as { relation?: { relname?: string } }[];
  return fields?.relation?.relname ?? 'none';
}

function contractionOf(statement: Node, isOutside: boolean): string | undefined {
  if ('IndexStmt' in statement) return indexProblem(statement.IndexStmt, isOutside);
  if (!('AlterTableStmt' in statement)) return Object.keys(statement).join();
  for (const command of statement.AlterTableStmt.cmds ?? []) {
    const problem = 'AlterTableCmd' in command ? changeProblem(command.AlterTableCmd, isOutside) : 'unknown';
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function indexProblem({ unique, concurrent }: IndexStmt, isOutside: boolean): string | undefined {
  if (unique) return 'a unique index';
  return concurrent && isOutside ? undefined : 'an index that is not built concurrently';
}

function changeProblem(
  { subtype = 'AT_AddIndex', def }: AlterTableCmd,
  isOutside: boolean,
): string | undefined {
  if (subtype === 'AT_ValidateConstraint') return isOutside ? undefined : `${subtype} in a transaction`;
  if (isOutside) return `${subtype} in no transaction`;
  if (subtype === 'AT_AddColumn' && def !== undefined && 'ColumnDef' in def)
    return columnProblem(def.ColumnDef);
  return harmlessChanges.includes(subtype) ? undefined : subtype;
}

/** A column must accept rows of code that does not know it. Its default must be constant, or every row is rewritten. */
function columnProblem({ colname, constraints = [] }: ColumnDef): string | undefined {
  const found = constraints.map((node) => ('Constraint' in node ? node.Constraint : {}));
  const value = found.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr;
  if (value === undefined && found.some(({ contype }) => contype === 'CONSTR_NOTNULL'))
    return `the column ${colname} without a default`;
  if (value !== undefined && !isConstant(value))
    return `the column ${colname} with a default that is not constant`;
  const isKnown = found.every(({ contype = '' }) => /^CONSTR_(NOTNULL|NULL|DEFAULT)$/.test(contype));
  return isKnown ? undefined : `the column ${colname} with a constraint`;
}

function isConstant(expression: Node): boolean {
  const inner = 'TypeCast' in expression ? expression.TypeCast.arg : expression;
  return inner !== undefined && 'A_Const' in inner;
}
