//! [`Node`]: a typed expression as a tree.

use super::function::Function;
use crate::model::column_type::ColumnType;

/// One typed operation with its operands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The operation.
    pub kind: Kind,
    /// The type of its value.
    pub ty: ColumnType,
    /// The value may be NULL.
    pub nullable: bool,
}

/// What a node does. Operands of a comparison have the same type (a [`Kind::Cast`] that is `implicit` made them so).
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A constant.
    Literal(Literal),
    /// A column, by the symbol that the scope gave it.
    Column(usize),
    /// An aggregate over descendants, by the symbol that the scope gave it.
    Aggregate {
        /// Which aggregate.
        function: Aggregate,
        /// The scope's symbol for its result.
        symbol: usize,
    },
    /// `-x`
    Negate(Box<Node>),
    /// `NOT x`
    Not(Box<Node>),
    /// `x + y`; numbers of one family, or times and intervals.
    Arithmetic {
        /// Which operation.
        operator: Arithmetic,
        /// First operand.
        left: Box<Node>,
        /// Second operand.
        right: Box<Node>,
    },
    /// `x < y`; texts byte by byte (the "C" collation).
    Compare {
        /// Which comparison.
        operator: Comparison,
        /// First operand.
        left: Box<Node>,
        /// Second operand.
        right: Box<Node>,
    },
    /// `x AND y`
    And(Box<Node>, Box<Node>),
    /// `x OR y`
    Or(Box<Node>, Box<Node>),
    /// `x IS [NOT] NULL`
    IsNull {
        /// The operand.
        operand: Box<Node>,
        /// With NOT.
        negated: bool,
    },
    /// `x IS [NOT] TRUE`, `x IS [NOT] FALSE`
    IsTruth {
        /// The operand.
        operand: Box<Node>,
        /// TRUE or FALSE.
        value: bool,
        /// With NOT.
        negated: bool,
    },
    /// `x [NOT] IN (…)`
    InList {
        /// The operand.
        operand: Box<Node>,
        /// The candidates, of the operand's type.
        list: Vec<Node>,
        /// With NOT.
        negated: bool,
    },
    /// `x [NOT] BETWEEN low AND high`
    Between {
        /// The operand.
        operand: Box<Node>,
        /// Least value.
        low: Box<Node>,
        /// Greatest value.
        high: Box<Node>,
        /// With NOT.
        negated: bool,
    },
    /// `x [NOT] LIKE pattern`; the escape character is the backslash.
    Like {
        /// The operand.
        operand: Box<Node>,
        /// The pattern.
        pattern: Box<Node>,
        /// ILIKE: both sides lowered.
        ignore_case: bool,
        /// With NOT.
        negated: bool,
    },
    /// `CASE WHEN … THEN … ELSE … END`; the form with an operand becomes equalities.
    Case {
        /// Conditions and results, in order.
        branches: Vec<Branch>,
        /// ELSE; NULL without one.
        otherwise: Option<Box<Node>>,
    },
    /// A conversion to the node's type.
    Cast {
        /// What is converted.
        operand: Box<Node>,
        /// Put there by typing, not written.
        implicit: bool,
    },
    /// `x || y`
    Concat(Box<Node>, Box<Node>),
    /// A function.
    Call {
        /// Which function.
        function: Function,
        /// Its arguments.
        arguments: Vec<Node>,
    },
}

/// `WHEN condition THEN result`
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// A boolean.
    pub condition: Node,
    /// The value where the condition is the first that is true.
    pub result: Node,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// Whole number.
    Integer(i64),
    /// Exact decimal: `unscaled / 10^scale`.
    Decimal {
        /// All digits as a whole number.
        unscaled: i128,
        /// Digits after the point.
        scale: u8,
    },
    /// 64-bit float.
    Float(f64),
    /// Text, or an enum's value.
    Text(String),
    /// Microseconds since 1970 in UTC.
    Timestamp(i64),
    /// Days since 1970.
    Date(i32),
    /// Microseconds.
    Interval(i64),
    /// 16 bytes.
    Uuid([u8; 16]),
}

/// Aggregates over descendants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Sum of a column.
    Sum,
    /// Number of rows, or of values that are not NULL.
    Count,
    /// Least value.
    Min,
    /// Greatest value.
    Max,
}

/// `+ - * / %`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`; whole numbers truncate toward zero.
    Divide,
    /// `%`; the sign is the first operand's.
    Remainder,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `IS DISTINCT FROM`; never NULL.
    Distinct,
    /// `IS NOT DISTINCT FROM`; never NULL.
    NotDistinct,
}

impl Node {
    /// A constant of its own type.
    pub fn literal(value: Literal) -> Self {
        let (ty, nullable) = (value.ty(), value == Literal::Null);
        Self { kind: Kind::Literal(value), ty, nullable }
    }

    /// The constant, if it is one.
    pub const fn as_literal(&self) -> Option<&Literal> {
        match &self.kind {
            Kind::Literal(literal) => Some(literal),
            _ => None,
        }
    }

    /// The node below the implicit casts.
    pub fn written(&self) -> &Self {
        match &self.kind {
            Kind::Cast { operand, implicit: true } => operand.written(),
            _ => self,
        }
    }

    /// The parts that must all hold for the node to hold: `a AND b AND c` has three.
    pub fn conjuncts(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::And(left, right) => {
                let mut all = left.conjuncts();
                all.extend(right.conjuncts());
                all
            }
            _ => vec![self],
        }
    }

    /// The operands, in the order of the text.
    pub fn operands(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Literal(_) | Kind::Column(_) | Kind::Aggregate { .. } => vec![],
            Kind::Negate(operand)
            | Kind::Not(operand)
            | Kind::IsNull { operand, .. }
            | Kind::IsTruth { operand, .. }
            | Kind::Cast { operand, .. } => vec![operand],
            Kind::Arithmetic { left, right, .. }
            | Kind::Compare { left, right, .. }
            | Kind::And(left, right)
            | Kind::Or(left, right)
            | Kind::Concat(left, right) => vec![left, right],
            Kind::Like { operand, pattern, .. } => vec![operand, pattern],
            Kind::Between { operand, low, high, .. } => vec![operand, low, high],
            Kind::InList { operand, list, .. } => std::iter::once(&**operand).chain(list).collect(),
            Kind::Case { branches, otherwise } => branches
                .iter()
                .flat_map(|branch| [&branch.condition, &branch.result])
                .chain(otherwise.as_deref())
                .collect(),
            Kind::Call { arguments, .. } => arguments.iter().collect(),
        }
    }

    /// The symbols of all columns and aggregates, ascending, each once.
    pub fn symbols(&self) -> Vec<usize> {
        fn collect(node: &Node, found: &mut Vec<usize>) {
            match &node.kind {
                Kind::Column(symbol) | Kind::Aggregate { symbol, .. } => found.push(*symbol),
                _ => node.operands().into_iter().for_each(|operand| collect(operand, found)),
            }
        }
        let mut found = vec![];
        collect(self, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Some value of the columns may make it fail (overflow, division by zero, a text that is no number).
    pub fn may_fail(&self) -> bool {
        self.fails_itself() || self.operands().into_iter().any(Self::may_fail)
    }

    fn fails_itself(&self) -> bool {
        match &self.kind {
            Kind::Negate(_) | Kind::Arithmetic { .. } => true,
            Kind::Cast { operand, .. } => !always_fits(&operand.ty, &self.ty),
            Kind::Like { pattern, .. } => pattern.as_literal().is_none(),
            Kind::Call { function, .. } => match function {
                Function::Abs | Function::Round { .. } | Function::Substring => true,
                // A time before the first one that can be written.
                Function::DateTrunc(_) => true,
                Function::Ceil
                | Function::Floor
                | Function::Coalesce
                | Function::NullIf
                | Function::Least
                | Function::Greatest
                | Function::Lower
                | Function::Upper
                | Function::Length
                | Function::Trim(_)
                | Function::Replace
                | Function::Left
                | Function::Right
                | Function::Extract(_) => false,
            },
            Kind::Literal(_)
            | Kind::Column(_)
            | Kind::Aggregate { .. }
            | Kind::Not(_)
            | Kind::Compare { .. }
            | Kind::And(..)
            | Kind::Or(..)
            | Kind::IsNull { .. }
            | Kind::IsTruth { .. }
            | Kind::InList { .. }
            | Kind::Between { .. }
            | Kind::Case { .. }
            | Kind::Concat(..) => false,
        }
    }
}

/// Every value of `from` has a value of `to`.
fn always_fits(from: &ColumnType, to: &ColumnType) -> bool {
    use ColumnType as T;
    match (from, to) {
        (from, to) if from == to => true,
        (_, T::Text)
        | (T::Integer, T::BigInteger | T::Float)
        | (T::BigInteger | T::Decimal { .. }, T::Float) => true,
        (T::Integer | T::BigInteger, T::Decimal { precision, scale }) => {
            i16::from(*precision) - i16::from(*scale) >= if *from == T::Integer { 10 } else { 19 }
        }
        (T::Decimal { precision, scale }, T::Decimal { precision: wide, scale: long }) => {
            long >= scale && i16::from(*wide) - i16::from(*long) >= i16::from(*precision) - i16::from(*scale)
        }
        _ => false,
    }
}

impl Literal {
    /// The type of the constant as written; NULL counts as text until its neighbours decide.
    pub fn ty(&self) -> ColumnType {
        match self {
            Self::Null | Self::Text(_) => ColumnType::Text,
            Self::Boolean(_) => ColumnType::Boolean,
            Self::Integer(value) if i32::try_from(*value).is_ok() => ColumnType::Integer,
            Self::Integer(_) => ColumnType::BigInteger,
            Self::Decimal { unscaled, scale } => {
                let digits = unscaled.unsigned_abs().checked_ilog10().unwrap_or(0) as u8 + 1;
                ColumnType::Decimal { precision: digits.max(*scale), scale: *scale as i8 }
            }
            Self::Float(_) => ColumnType::Float,
            Self::Timestamp(_) => ColumnType::Timestamp,
            Self::Date(_) => ColumnType::Date,
            Self::Interval(_) => ColumnType::Interval,
            Self::Uuid(_) => ColumnType::Uuid,
        }
    }
}

impl Arithmetic {
    /// Its sign in SQL.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

impl Comparison {
    /// Its sign in SQL.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Distinct => "IS DISTINCT FROM",
            Self::NotDistinct => "IS NOT DISTINCT FROM",
        }
    }
}

impl Aggregate {
    /// Its name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}
