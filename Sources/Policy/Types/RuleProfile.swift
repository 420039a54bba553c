/// What rules of a contract must keep to, beyond the language: everything has a type that is known
/// when the contract is published, and nothing depends on a machine's files.
enum RuleProfile {
    static func violations(in expression: ResolvedExpression) -> [Diagnostic] {
        var found: [Diagnostic] = []
        expression.visit { part in
            if case .call(.toDyn, _) = part.kind {
                found.append(
                    Diagnostic(.type, "`dyn` has no place in a contract: types are fixed", at: part.offset))
            } else if part.type == .dyn {
                found.append(
                    Diagnostic(
                        .type, "the type of this is not known; elements and results must be of one type",
                        at: part.offset))
            }
            if case .call(let function, let arguments) = part.kind, function.readsCalendar,
                arguments.count == 2
            {
                found += zoneViolation(arguments[1]).map { [$0] } ?? []
            }
        }
        return found
    }

    private static func zoneViolation(_ zone: ResolvedExpression) -> Diagnostic? {
        guard case .literal(.string(let bytes)) = zone.kind else {
            return Diagnostic(
                .type, "a time zone must be written out, as \"UTC\" or \"+08:00\"", at: zone.offset)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard Machine.fixedOffset(text) == nil else { return nil }
        return Diagnostic(
            .type,
            "the time zone \"\(text)\" moves with its country's law; a contract uses \"UTC\" or an offset such as \"+08:00\"",
            at: zone.offset)
    }
}

extension Function {
    fileprivate var readsCalendar: Bool {
        switch self {
        case .getFullYear, .getMonth, .getDate, .getDayOfMonth, .getDayOfWeek, .getDayOfYear,
            .getHours, .getMinutes, .getSeconds, .getMilliseconds:
            true
        default: false
        }
    }
}

extension ResolvedExpression {
    /// Goes through the expression and all its parts, outermost first.
    ///
    /// - Note: As deep as the parser lets expressions nest.
    func visit(_ body: (ResolvedExpression) -> Void) {
        body(self)
        switch kind {
        case .literal, .typeName, .slot, .local: break
        case .select(let operand, _, _), .presence(let operand, _): operand.visit(body)
        case .call(_, let parts), .logic(_, let parts), .failure(_, _, let parts):
            for part in parts { part.visit(body) }
        case .conditional(let test, let yes, let no):
            test.visit(body)
            yes.visit(body)
            no.visit(body)
        case .list(let elements):
            for element in elements { element.value.visit(body) }
        case .map(let entries):
            for entry in entries {
                entry.key.visit(body)
                entry.value.visit(body)
            }
        case .comprehension(let loop):
            loop.range.visit(body)
            loop.filter?.visit(body)
            loop.body.visit(body)
        case .bind(_, let value, let result):
            value.visit(body)
            result.visit(body)
        }
    }
}
