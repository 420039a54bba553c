/// What rules of a contract must keep to, beyond the language: everything has a type that is known
/// when the contract is published, and nothing depends on a machine's files.
enum RuleProfile {
    static func violations(in expression: ResolvedExpression) -> [Diagnostic] {
        var found: [Diagnostic] = []
        expression.visit { part in
            if case .call(.toDyn, _) = part.kind {
                found.append(
                    Diagnostic(
                        .type, "`dyn` has no place in a contract: types are fixed", at: part.offset)
                )
            } else if part.type == .dyn {
                found.append(
                    Diagnostic(
                        .type,
                        "the type of this is not known; elements and results must be of one type",
                        at: part.offset))
            }
            if part.isMixed {
                found.append(
                    Diagnostic(
                        .type, "what stands in a list or a map must be of one type", at: part.offset
                    ))
            }
            if case .call(let function, let arguments) = part.kind {
                if function.readsCalendar, arguments.count == 2 {
                    found += zoneViolation(arguments[1]).map { [$0] } ?? []
                }
                found += constantViolation(function, arguments).map { [$0] } ?? []
            }
        }
        return found
    }

    /// A text that stands there and can never be read would only be found out when a rule refuses.
    private static func constantViolation(
        _ function: Function, _ arguments: [ResolvedExpression]
    ) -> Diagnostic? {
        guard let last = arguments.last, case .literal(.string(let bytes)) = last.kind else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let problem: String? =
            switch function {
            case .toDuration:
                TimeSpan(text) == nil ? "is no duration, such as 720h or 90s" : nil
            case .toTimestamp:
                Instant(rfc3339: text) == nil ? "is no time, such as 2027-01-31T00:00:00Z" : nil
            case .matches: patternProblem(text)
            default: nil
            }
        return problem.map { Diagnostic(.type, "“\(text.prefix(80))” \($0)", at: last.offset) }
    }

    private static func patternProblem(_ pattern: String) -> String? {
        do {
            _ = try RegularExpression(pattern)
            return nil
        } catch {
            return "is no regular expression: \(error)"
        }
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
    /// Whether it is a list or a map of what has no one type.
    fileprivate var isMixed: Bool {
        switch (kind, type) {
        case (.list(let elements), .list(.dyn)): !elements.isEmpty
        case (.map(let entries), .map(let key, let value)):
            !entries.isEmpty && (key == .dyn || value == .dyn)
        default: false
        }
    }

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
