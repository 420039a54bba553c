import ContractLanguage
import Encodings
import Foundation
import Participation
import Policy
import Storage
import Yams

/// The files that `jointlab policy` reads: values, and types.
enum PolicyFile {
    struct Binding {
        let variable: Environment.Variable
        let value: Value?
    }

    /// The values of a JSON or YAML file, by the names of its first level.
    static func values(_ path: String) throws -> [(name: String, value: Value)] {
        guard case .mapping(let mapping) = try node(path) else {
            throw Mistake("\(path): the file should be names with values")
        }
        return try mapping.map { key, value in
            (name: key.string ?? "?", value: try self.value(value, of: path))
        }
    }

    /// The types of a YAML file; nested names are joined by dots.
    static func types(_ path: String) throws -> [Environment.Variable] {
        var variables: [Environment.Variable] = []
        func read(_ node: Node, under prefix: String) throws {
            switch node {
            case .mapping(let mapping):
                for (key, value) in mapping {
                    let name = key.string ?? "?"
                    try read(value, under: prefix.isEmpty ? name : "\(prefix).\(name)")
                }
            case .scalar(let scalar):
                do {
                    variables.append(try variable(prefix, scalar.string))
                } catch {
                    throw Mistake("\(path)\(line(node)): the type of `\(prefix)`: \(error.message)")
                }
            case .sequence, .alias:
                throw Mistake(
                    "\(path)\(line(node)): `\(prefix)` should be a type, such as list(int)")
            }
        }
        try read(try node(path), under: "")
        return variables
    }

    /// A type with bounds, as contracts have them, says how large a value can be, and so what an
    /// expression can cost.
    private static func variable(
        _ name: String, _ type: String
    ) throws(Diagnostic) -> Environment.Variable {
        do {
            let type = try DataType(text: type)
            return .init(name, type.valueType, extent: type.extent)
        } catch {
            let hasBounds = type.utf8.contains {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
            guard !hasBounds else { throw Diagnostic(.type, error.problem, at: error.offset) }
            return .init(name, try ValueType(text: type))
        }
    }

    /// Variables for values: as declared where types are declared, and otherwise as the values are.
    static func bindings(
        _ values: [(name: String, value: Value)], declared: [Environment.Variable]?
    ) throws -> [Binding] {
        guard let declared else {
            return values.map {
                Binding(variable: .init($0.name, $0.value.inferredType), value: $0.value)
            }
        }
        return try declared.map { variable in
            guard let plain = find(variable.name, in: values) else {
                return Binding(variable: variable, value: nil)
            }
            guard let value = plain.typed(as: variable.type) else {
                throw Mistake(
                    "`\(variable.name)` is \(plain.literal), and should be \(variable.type)")
            }
            return Binding(variable: variable, value: value)
        }
    }

    /// The value of a dotted name, which may lie in maps.
    private static func find(
        _ name: String, in values: [(name: String, value: Value)]
    ) -> Value? {
        if let direct = values.first(where: { $0.name == name }) { return direct.value }
        for (first, value) in values where name.hasPrefix("\(first).") {
            guard case .map(let entries) = value else { continue }
            let inner = entries.compactMap { entry -> (name: String, value: Value)? in
                guard case .string(let key) = entry.key else { return nil }
                return (key, entry.value)
            }
            if let found = find(String(name.dropFirst(first.count + 1)), in: inner) { return found }
        }
        return nil
    }

    // MARK: - YAML, of which JSON is a part

    private static func node(_ path: String) throws -> Node {
        let text: String
        do {
            text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        } catch {
            throw StorageError.unusable(path: path, problem: "it cannot be read")
        }
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw Mistake("\(path): the file is empty")
            }
            return node
        } catch let error as YamlError {
            throw Mistake("\(path): \(error)")
        }
    }

    private static func line(_ node: Node) -> String {
        node.mark.map { ", line \($0.line)" } ?? ""
    }

    private static func value(_ node: Node, of path: String) throws -> Value {
        switch node {
        case .mapping(let mapping):
            return .map(
                try mapping.map { key, value in
                    Value.MapEntry(
                        key: try self.value(key, of: path), value: try self.value(value, of: path))
                })
        case .sequence(let sequence): return .list(try sequence.map { try value($0, of: path) })
        case .alias: throw Mistake("\(path)\(line(node)): references are not supported")
        case .scalar(let scalar):
            switch node.tag.rawValue {
            case Tag.Name.null.rawValue: return .null
            case Tag.Name.bool.rawValue: return .bool(Bool.construct(from: scalar) ?? false)
            case Tag.Name.int.rawValue:
                guard let value = Int64.construct(from: scalar) else {
                    throw Mistake("\(path)\(line(node)): \(scalar.string) has more than 64 bits")
                }
                return .int(value)
            case Tag.Name.float.rawValue:
                return Double.construct(from: scalar).map(Value.double) ?? .string(scalar.string)
            default: return .string(scalar.string)
            }
        }
    }
}
