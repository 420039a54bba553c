// Terms, state and inputs.
extension DocumentComparer {
    mutating func compareFields() {
        compare(old.document.terms, new.document.terms, "terms", at: "terms")
        compare(
            old.document.state.map { .init(name: $0.name, type: $0.type) },
            new.document.state.map { .init(name: $0.name, type: $0.type) }, "state", at: "state")
        let (_, _, both) = Self.matched(old.document.state, new.document.state) { $0.name }
        for (before, after) in both where !Self.isSame(before.initial, after.initial) {
            note(
                .differs, "state.\(after.name).initial",
                "`\(after.name)` began with \(beginning(before)), and begins with \(beginning(after))",
                "`\(after.name)`的初始值由\(beginning(before))变为\(beginning(after))")
        }
    }

    private func beginning(_ variable: ContractDocument.Variable) -> String {
        variable.initial.map { "`\($0.text)`" } ?? ValueWords(names: names).least(of: variable.type)
    }

    mutating func compare(
        _ before: [ContractDocument.Field], _ after: [ContractDocument.Field], _ kind: String,
        at path: String
    ) {
        let values = ValueWords(names: names)
        let what =
            switch kind {
            case "terms": language.say("the term", "条款参数")
            case "state": language.say("the variable", "状态变量")
            default: language.say("the input", "申报事项")
            }
        let (gone, added, both) = Self.matched(before, after) { $0.name }
        for field in gone {
            note(
                .differs, "\(path).\(field.name)", "\(what) `\(field.name)` is gone",
                "\(what)`\(field.name)`已删除")
        }
        for field in added {
            note(
                .differs, "\(path).\(field.name)",
                "\(what) `\(field.name)` is new: \(values.type(field.type))",
                "新增\(what)`\(field.name)`：\(values.type(field.type))")
        }
        for (one, other) in both where one.type != other.type {
            let (was, now) = (values.type(one.type), values.type(other.type))
            let place = "\(path).\(other.name)"
            switch other.type.width(against: one.type) {
            case .wider:
                note(
                    .allows, place,
                    "\(what) `\(other.name)` may be more than before: it was \(was), and is \(now)",
                    "\(what)`\(other.name)`的取值范围扩大：原为\(was)，现为\(now)")
            case .narrower:
                note(
                    .refuses, place,
                    "\(what) `\(other.name)` may be less than before: it was \(was), and is \(now)",
                    "\(what)`\(other.name)`的取值范围缩小：原为\(was)，现为\(now)")
            case .other:
                note(
                    .differs, place, "\(what) `\(other.name)` was \(was), and is \(now)",
                    "\(what)`\(other.name)`原为\(was)，现为\(now)")
            }
        }
    }
}

extension DataType {
    enum Width {
        case wider, narrower, other
    }

    /// How this type lies against another that differs from it.
    func width(against other: DataType) -> Width {
        if holds(all: other) { return .wider }
        return other.holds(all: self) ? .narrower : .other
    }

    /// Whether each value of the other is one of this type.
    private func holds(all other: DataType) -> Bool {
        switch (self, other) {
        case (.int(let range), .int(let inner)):
            range.lowerBound <= inner.lowerBound && inner.upperBound <= range.upperBound
        case (.string(let bytes), .string(let inner)): bytes >= inner
        case (.string(let bytes), .choice(let words)): words.allSatisfy { $0.utf8.count <= bytes }
        case (.choice(let words), .choice(let inner)): inner.allSatisfy(words.contains)
        case (.list(let element, let count), .list(let inner, let innerCount)):
            count >= innerCount && element.holds(all: inner)
        case (
            .map(let key, let value, let count), .map(let innerKey, let innerValue, let innerCount)
        ):
            count >= innerCount && key.holds(all: innerKey) && value.holds(all: innerValue)
        default: self == other
        }
    }
}
