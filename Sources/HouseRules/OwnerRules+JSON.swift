package import Contracts
package import Encodings

extension OwnerRules {
    /// How the problem of a name begins that means nothing here.
    package static let noRule = "is no rule"

    /// Reads rules as they stand in a file.
    ///
    /// - Parameters:
    ///   - rowsMin: What holds where the rules do not say.
    ///   - offsets: Knows the names of zones.
    /// - Throws: `JSONShapeError` with the first mistake and its path.
    package init(
        _ json: JSONValue, rowsMin: Int,
        _ offsets: @Sendable (_ zone: String, _ time: Timestamp) -> Int?
    ) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        let zone = try Self.zone(&fields, offsets)
        var node = try RuleSet(&fields)
        node.rowsMin = node.rowsMin ?? rowsMin
        var datasets: [DatasetID: RuleSet] = [:]
        if let value = fields.optional("datasets") {
            guard let object = value.object else {
                throw fields.wrong("datasets", "should have rules under the name of each dataset")
            }
            for member in object.members {
                var rules = try JSONFields(member.value, at: "datasets.\(member.key)")
                guard let id = try? DatasetID(member.key) else {
                    throw JSONShapeError(
                        path: rules.path, problem: "is not the name of a dataset")
                }
                datasets[id] = try RuleSet(&rules)
                try rules.finish(knowing: RuleSet.names)
            }
        }
        try fields.finish(knowing: ["zone"] + RuleSet.names + ["datasets"])
        self.init(node: node, datasets: datasets, zone: zone)
    }

    private static func zone(
        _ fields: inout JSONFields, _ offsets: OwnerZone.Offsets
    ) throws(JSONShapeError) -> OwnerZone {
        guard let text = try fields.optionalString("zone") else { return .fixed(0) }
        guard let zone = OwnerZone(text),
            zone.offset(at: Timestamp(milliseconds: 0), offsets) != nil
        else {
            throw fields.wrong(
                "zone",
                "should be UTC, an offset such as +08:00, or a name such as Asia/Shanghai")
        }
        return zone
    }

    package var json: JSONValue {
        var object = node.object
        object["zone"] = .string("\(zone)")
        object["datasets"] = .object(
            datasets.sorted { $0.key < $1.key }.reduce(into: JSONObject()) {
                $0[$1.key.text] = .object($1.value.object)
            })
        return .object(object)
    }
}

extension RuleSet {
    fileprivate static let names = [
        "rows-min", "purposes", "members", "trainers", "approve", "hours", "limits", "rounds-max",
    ]
    private static let listMax = 1_000

    fileprivate init(_ fields: inout JSONFields) throws(JSONShapeError) {
        self.init()
        rowsMin = try fields.optionalInteger("rows-min", in: 1...1_000_000_000).map { Int($0) }
        purposes = try Self.texts(&fields, "purposes")
        trainers = try Self.texts(&fields, "trainers")
        members = try Self.members(&fields)
        if let word = try fields.optionalString("approve") {
            guard let known = Approval(rawValue: word) else {
                let words = Approval.allCases.reversed().map(\.rawValue)
                throw fields.wrong("approve", "should be \(words.joined(separator: ", "))")
            }
            approve = known
        }
        hours = try Self.hours(&fields)
        limits = try Limits(&fields)
        if fields.optional("rounds-max") != nil {
            var rounds = try fields.fields("rounds-max")
            let range: ClosedRange<Int64> = 0...1_000_000
            dayRoundsMax = try rounds.optionalInteger("per-day", in: range).map { Int($0) }
            jobRoundsMax = try rounds.optionalInteger("per-job", in: range).map { Int($0) }
            try rounds.finish(knowing: ["per-day", "per-job"])
        }
    }

    /// A list of names; an empty one allows nothing.
    private static func texts(
        _ fields: inout JSONFields, _ key: String
    ) throws(JSONShapeError) -> Set<String>? {
        guard fields.optional(key) != nil else { return nil }
        let texts = try fields.strings(key)
        guard texts.count <= listMax else {
            throw fields.wrong(key, "should have at most \(listMax) names")
        }
        for (position, text) in texts.enumerated() where text.isEmpty {
            throw fields.wrong("\(key)[\(position)]", "should be a name")
        }
        return Set(texts)
    }

    private static func members(
        _ fields: inout JSONFields
    ) throws(JSONShapeError) -> Set<MemberID>? {
        guard fields.optional("members") != nil else { return nil }
        return Set(try fields.identifiers("members"))
    }

    private static func hours(_ fields: inout JSONFields) throws(JSONShapeError) -> OpeningHours? {
        guard fields.optional("hours") != nil else { return nil }
        var windows: [OpeningHours.Window] = []
        for (position, value) in try fields.array("hours").enumerated() {
            var window = try JSONFields(value, at: fields.path(to: "hours[\(position)]"))
            let days = try days(&window)
            let from = try minutes(&window, "from")
            let to = try minutes(&window, "to")
            guard from < 1_440, from != to else {
                throw window.wrong(
                    "to", "should be another time than `from`; a day is 00:00 to 24:00")
            }
            try window.finish(knowing: ["days", "from", "to"])
            windows.append(OpeningHours.Window(days: days, from: from, to: to))
        }
        guard windows.count <= 100 else { throw fields.wrong("hours", "should be at most 100") }
        return OpeningHours(windows)
    }

    private static func minutes(
        _ fields: inout JSONFields, _ key: String
    ) throws(JSONShapeError) -> Int {
        let text = try fields.string(key)
        guard let minutes = OwnerZone.minutes(text) else {
            throw fields.wrong(key, "should be a time such as 08:30, up to 24:00, and is “\(text)”")
        }
        return minutes
    }

    /// `mon`, `mon-fri`, or a list of these; all where nothing is said.
    private static func days(_ fields: inout JSONFields) throws(JSONShapeError) -> Set<Int> {
        guard let value = fields.optional("days") else { return Set(0...6) }
        let texts: [String]
        if let one = value.string { texts = [one] } else { texts = try fields.strings("days") }
        var days: Set<Int> = []
        for text in texts {
            let ends = text.split(separator: "-", omittingEmptySubsequences: false)
                .map { OpeningHours.dayNames.firstIndex(of: $0.lowercased()) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1]
            else {
                throw fields.wrong(
                    "days", "should be days such as mon, or mon-fri, and is “\(text)”")
            }
            days.formUnion((0...(last - first + 7) % 7).map { (first + $0) % 7 })
        }
        guard !days.isEmpty else { throw fields.wrong("days", "should name a day") }
        return days
    }

    fileprivate var object: JSONObject {
        var object = JSONObject()
        func list(_ key: String, _ names: [String]?) {
            object[key] = names.map { .array($0.sorted().map { .string($0) }) }
        }
        func number(_ key: String, _ number: Int?) {
            object[key] = number.map { .integer(Int64($0)) }
        }
        number("rows-min", rowsMin)
        list("purposes", purposes.map(Array.init))
        list("members", members?.map(\.text))
        list("trainers", trainers.map(Array.init))
        object["approve"] = approve.map { .string($0.rawValue) }
        object["hours"] = hours.map { .array($0.windows.map(\.json)) }
        if limits != Limits() { object["limits"] = limits.json }
        if dayRoundsMax != nil || jobRoundsMax != nil {
            object["rounds-max"] = [
                "per-day": dayRoundsMax.map { .integer(Int64($0)) },
                "per-job": jobRoundsMax.map { .integer(Int64($0)) },
            ]
        }
        return object
    }
}

extension OpeningHours.Window {
    fileprivate var json: JSONValue {
        [
            "days": .array(days.sorted().map { .string(OpeningHours.dayNames[$0]) }),
            "from": .string(OwnerZone.clock(from)), "to": .string(OwnerZone.clock(to)),
        ]
    }
}

extension RuleSet.Limits {
    private static var names: [(name: String, limit: WritableKeyPath<Self, Int?>)] {
        [
            ("cpu-seconds", \.cpuSeconds), ("wall-seconds", \.wallSeconds),
            ("memory-bytes", \.memoryBytes), ("update-bytes", \.updateBytes),
            ("job-bytes", \.jobBytes),
        ]
    }
    /// No trainer starts in less.
    private static let memoryBytesMin: Int64 = 64 << 20

    fileprivate init(_ fields: inout JSONFields) throws(JSONShapeError) {
        self.init()
        guard fields.optional("limits") != nil else { return }
        var limits = try fields.fields("limits")
        for (name, limit) in Self.names {
            let least = name == "memory-bytes" ? Self.memoryBytesMin : 1
            self[keyPath: limit] = try limits.optionalInteger(name, in: least...1 << 50)
                .map { Int($0) }
        }
        try limits.finish(knowing: Self.names.map(\.name))
    }

    package var json: JSONValue {
        .object(
            Self.names.reduce(into: JSONObject()) { object, entry in
                object[entry.name] = self[keyPath: entry.limit].map { .integer(Int64($0)) }
            })
    }
}

extension JSONFields {
    /// Ends the reading, and says what could have been meant.
    fileprivate func finish(knowing names: [String]) throws(JSONShapeError) {
        do {
            try finish()
        } catch {
            throw JSONShapeError(
                path: error.path,
                problem: "\(OwnerRules.noRule); there are \(names.joined(separator: ", "))")
        }
    }
}
