/// An expression in which every name has found what it stands for.
struct ResolvedExpression: Sendable {
    indirect enum Kind: Sendable {
        case literal(Expression.Literal)
        case typeName(ValueType)
        /// A variable of the environment, by its place there.
        case slot(Int)
        /// A macro's variable, by its place among those of the expression.
        case local(Int)
        case select(ResolvedExpression, field: String, isOptional: Bool)
        case presence(ResolvedExpression, field: String)
        case call(Function, [ResolvedExpression])
        case logic(isAnd: Bool, [ResolvedExpression])
        case conditional(ResolvedExpression, ResolvedExpression, ResolvedExpression)
        case list([(value: ResolvedExpression, isOptional: Bool)])
        case map([(key: ResolvedExpression, value: ResolvedExpression, isOptional: Bool)])
        case comprehension(Comprehension)
        case bind(local: Int, ResolvedExpression, ResolvedExpression)
        /// What fails if it is reached: a name or a function that is not there, in an expression
        /// that has not been checked.
        case failure(EvaluationError.Code, String, [ResolvedExpression])
    }

    struct Comprehension: Sendable {
        let kind: Expression.Comprehension.Kind
        let range: ResolvedExpression
        let local: Int
        let second: Int?
        let filter: ResolvedExpression?
        let body: ResolvedExpression
    }

    let kind: Kind
    let type: ValueType
    let offset: Int
}
