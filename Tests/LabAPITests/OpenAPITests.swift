import AsyncHTTPClient
import Contracts
import Coordinator
import Encodings
import Foundation
import HTTPTypes
import Hummingbird
import LabAPI
import NIOHTTP1
import Node
import SampleLab
import ServedLab
import Testing
import Transport

/// The descriptions that coordinator and node serve, held against their routes.
@Suite struct OpenAPITests {
    private let folder: TemporaryFolder
    private let lab: SampleLab

    enum Server: CaseIterable {
        case coordinator
        case node
    }

    init() throws {
        folder = try TemporaryFolder()
        lab = try SampleLab()
    }

    private func routes(of server: Server) async throws -> APIRoutes {
        let now = lab.now
        switch server {
        case .coordinator:
            let home = CoordinatorHome(folder.file("coordinator"))
            try await lab.settle(in: home)
            let service = try CoordinatorService(home: home, logger: .silent) { now }
            return CoordinatorRoutes.make(
                for: service, lab: lab.id, version: "1.2.3", openEntries: false
            ) { now }
        case .node:
            let home = NodeHome(folder.file("north"))
            let north = try lab.member("north")
            try lab.settle(north, in: home, coordinator: "http://127.0.0.1:9")
            let http = SignedClient.makeHTTPClient()
            let client = try SignedClient(
                baseURL: "http://127.0.0.1:9",
                signer: RequestSigner(key: north.signingKey, lab: lab.id.text) { 0 }, http: http)
            try await http.shutdown()
            let service = try NodeService(
                home: home, client: client, rowsMin: 1, logger: .silent
            ) { now }
            return NodeRoutes.make(for: service, version: "1.2.3") { now }
        }
    }

    /// The document as it goes over the wire.
    private func document(of routes: APIRoutes) async throws -> JSONValue {
        let router = routes.router
        return try await LoopbackServer.with(router) { url, http in
            let answer = try await Answer(
                try await http.execute(.init(url: url + "/openapi.json"), timeout: .seconds(30)))
            #expect(answer.mediaType == "application/json")
            return try #require(answer.json)
        }
    }

    private struct Operation {
        let path: String
        let method: String
        let json: JSONValue

        /// As the router spells it.
        var route: String {
            "\(method.uppercased()) \(RouterPath(path.replacing("{path}", with: "**")))"
        }
    }

    private func operations(_ document: JSONValue) throws -> [Operation] {
        let paths = try #require(document["paths"]?.object)
        return try paths.members.flatMap { path in
            try #require(path.value.object).members.map {
                Operation(path: path.key, method: $0.key, json: $0.value)
            }
        }
    }

    @Test(
        "Every route is described, and everything that is described is routed",
        arguments: Server.allCases)
    func routesAreDescribed(server: Server) async throws {
        let routes = try await routes(of: server)
        let described = try operations(await document(of: routes)).map(\.route)
        let routed = routes.router.routes.map { "\($0.method.rawValue) \($0.path)" }
        #expect(Set(described).subtracting(routed) == [])
        #expect(Set(routed).subtracting(described) == [])
        #expect(described.count == Set(described).count)
        #expect(described.count >= 20)
    }

    @Test(
        "What the document calls open is open, and what it calls signed asks for a signature",
        arguments: Server.allCases)
    func securityIsAsDescribed(server: Server) async throws {
        let routes = try await routes(of: server)
        let operations = try operations(await document(of: routes))
        let router = routes.router
        try await LoopbackServer.with(router) { url, http in
            for operation in operations {
                let path = operation.path.replacing(/\{[a-z]+\}/, with: "0")
                var request = HTTPClientRequest(url: url + path)
                request.method = HTTPMethod(rawValue: operation.method.uppercased())
                let answer = try await Answer(
                    try await http.execute(request, timeout: .seconds(30)))
                let isOpen = try #require(operation.json["security"]?.array) == []
                // The answer to a HEAD has no body to say more.
                let isRefused =
                    request.method == .HEAD
                    ? answer.status == 401 : answer.problemCode == "signature.missing"
                #expect(
                    isRefused == !isOpen,
                    "\(operation.route): \(answer.status)")
            }
        }
    }

    @Test(
        "Names are unique, parameters are declared, and every reference leads somewhere",
        arguments: Server.allCases)
    func documentIsSound(server: Server) async throws {
        let document = try await document(of: try await routes(of: server))
        #expect(document["openapi"] == "3.1.0")
        #expect(document["info"]?["version"] == "1.2.3")
        let operations = try operations(document)
        let names = operations.compactMap { $0.json["operationId"]?.string }
        #expect(Set(names).count == operations.count)
        let schemes = try #require(document["components"]?["securitySchemes"]?.object)
        for operation in operations {
            let declared = (operation.json["parameters"]?.array ?? [])
                .filter { $0["in"] == "path" }.compactMap { $0["name"]?.string }
            let inPath = operation.path.matches(of: /\{([a-z]+)\}/).map { String($0.1) }
            #expect(declared == inPath, "\(operation.route)")
            #expect(operation.json["summary"]?.string?.isEmpty == false, "\(operation.route)")
            for security in operation.json["security"]?.array ?? [] {
                for scheme in security.object?.members ?? [] {
                    #expect(schemes[scheme.key] != nil, "\(operation.route)")
                }
            }
        }
        let references = Self.references(in: document)
        #expect(!references.isEmpty)
        for reference in references {
            let steps = reference.split(separator: "/", omittingEmptySubsequences: false)
            #expect(steps.first == "#")
            var place: JSONValue? = document
            for step in steps.dropFirst() { place = place?[String(step)] }
            #expect(place != nil, "\(reference)")
        }
    }

    private static func references(in value: JSONValue) -> Set<String> {
        switch value {
        case .object(let object):
            object.members.reduce(into: []) { found, member in
                if member.key == "$ref", let text = member.value.string { found.insert(text) }
                found.formUnion(references(in: member.value))
            }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(references(in: $1)) }
        case .null, .bool, .integer, .number, .string: []
        }
    }

    // MARK: - Somebody else's opinion

    @Test(
        "A validator of OpenAPI has nothing to say about the document",
        .enabled(if: isValidatorInstalled, "needs Python with openapi-spec-validator"),
        arguments: Server.allCases)
    func validates(server: Server) async throws {
        let document = try await document(of: try await routes(of: server))
        let file = folder.file("openapi.json")
        try Data(document.canonicalBytes).write(to: file)
        let said = try Self.python(
            """
            import json, sys
            from openapi_spec_validator import OpenAPIV31SpecValidator
            with open(sys.argv[1]) as file:
                for error in OpenAPIV31SpecValidator(json.load(file)).iter_errors():
                    print(error)
            """, file.path)
        #expect(said == "")
    }

    private static let isValidatorInstalled =
        (try? python("import openapi_spec_validator; print('here')")) == "here\n"

    /// - Returns: What it printed, mistakes and all.
    private static func python(_ program: String, _ arguments: String...) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program] + arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: said, as: UTF8.self)
    }
}
