/** What a script is made of. Source: POSIX.1-2017, Shell Command Language, 2.10. */

export type ParameterOperator = '-' | '=' | '?' | '+' | '#' | '##' | '%' | '%%';

export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      /** `${#name}` */
      readonly length: boolean;
      readonly operator: ParameterOperator | null;
      /** `:-` and its kin count an empty value as none. */
      readonly colon: boolean;
      readonly word: Word;
      readonly quoted: boolean;
    }
  | { readonly kind: 'command'; readonly commands: List; readonly quoted: boolean }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly quoted: boolean };

export type Word = readonly WordPart[];

export type Redirection =
  | {
      readonly kind: 'file';
      readonly fd: number;
      readonly mode: 'read' | 'truncate' | 'append' | 'both';
      readonly path: Word;
    }
  | { readonly kind: 'duplicate'; readonly fd: number; readonly of: Word }
  | { readonly kind: 'here-document'; readonly fd: number; readonly content: Word };

export interface SimpleCommand {
  readonly kind: 'simple';
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

export type CompoundCommand =
  | { readonly kind: 'group'; readonly body: List }
  | { readonly kind: 'subshell'; readonly body: List }
  | {
      readonly kind: 'if';
      readonly clauses: readonly { readonly condition: List; readonly body: List }[];
      readonly otherwise: List | null;
    }
  | { readonly kind: 'while'; readonly until: boolean; readonly condition: List; readonly body: List }
  | {
      readonly kind: 'for';
      readonly name: string;
      readonly words: readonly Word[] | null;
      readonly body: List;
    }
  | {
      readonly kind: 'case';
      readonly word: Word;
      readonly arms: readonly { readonly patterns: readonly Word[]; readonly body: List }[];
    };

export type Command =
  | SimpleCommand
  | {
      readonly kind: 'compound';
      readonly command: CompoundCommand;
      readonly redirections: readonly Redirection[];
    }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command };

export interface Pipeline {
  /** What joins it to the one before it; the first one has ';'. */
  readonly after: ';' | '&&' | '||';
  readonly negated: boolean;
  readonly commands: readonly Command[];
}

export interface AndOr {
  readonly pipelines: readonly Pipeline[];
  readonly background: boolean;
  /** As it was written: what `jobs` shows. */
  readonly text: string;
}

export type List = readonly AndOr[];
