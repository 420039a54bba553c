// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "jointlab",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "jointlab", targets: ["jointlab"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-structured-headers", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // 0 formats: bytes in, values out
        .target(name: "Encodings"),
        .target(
            name: "Identity",
            dependencies: [
                "Encodings",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(
                    name: "RawStructuredFieldValues", package: "swift-http-structured-headers"),
            ]),
        .target(
            name: "MerkleLog",
            dependencies: [
                "Encodings", "Identity", .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "MerkleMap",
            dependencies: ["Encodings", .product(name: "Crypto", package: "swift-crypto")]),
        .target(name: "Policy", dependencies: ["Encodings"]),
        .target(name: "Randomness"),
        .target(name: "Memory"),
        .target(name: "Tensors", dependencies: ["Encodings", "Memory"]),

        // 1 engines: state machines and mathematics
        .target(name: "ContractLanguage", dependencies: ["Encodings", "Policy"]),
        .target(
            name: "Contracts",
            dependencies: [
                "ContractLanguage", "Encodings", "Identity", "Policy",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HashTreeCollections", package: "swift-collections"),
            ]),

        .target(name: "Settlement", dependencies: ["Contracts", "Encodings"]),
        .target(name: "ODRL", dependencies: ["Encodings", "Policy"]),
        .target(name: "HouseRules", dependencies: ["Contracts", "Encodings"]),

        .target(
            name: "Ledger",
            dependencies: ["Contracts", "Encodings", "Identity", "MerkleLog", "MerkleMap"]),

        .target(
            name: "Federation",
            dependencies: ["Contracts", "Encodings", "Identity", "Ledger", "MerkleLog"]),

        // 2 resources: files, databases, subprocesses
        .target(
            name: "ContractFiles",
            dependencies: [
                "ContractLanguage", "Encodings", "Policy",
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(
            name: "CKernels",
            cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off"])]),
        .target(name: "CLoading"),
        .target(name: "COpenBLAS", dependencies: ["CLoading"]),
        .target(
            name: "Strategies",
            dependencies: ["CKernels", "Encodings", "Memory", "Randomness", "Tensors"]),
        .target(
            name: "Learning",
            dependencies: [
                "CKernels", "COpenBLAS", "Encodings", "Randomness", "Tensors",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "ContractLibrary",
            dependencies: [
                "Policy", "ContractFiles", "ContractLanguage", "Contracts", "Encodings",
            ],
            resources: [.embedInCode("Documents")]),
        .target(name: "CStorage"),
        .target(
            name: "Storage",
            dependencies: [
                "CStorage", "Contracts", "Encodings", "Identity", "Ledger", "Memory", "MerkleLog",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .target(
            name: "Transport",
            dependencies: [
                "Contracts", "Encodings", "Identity", "Ledger",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "LabAPI",
            dependencies: [
                "Contracts", "Encodings", "Federation", "Identity", "Ledger", "MerkleLog",
                "MerkleMap", "Storage", "Transport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .target(
            name: "Trainers",
            dependencies: [
                "Contracts", "Encodings", "Learning", "Memory", "Storage", "Strategies", "Tensors",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Relay",
            dependencies: [
                "Contracts", "Encodings", "Identity", "Learning", "Ledger", "Memory", "MerkleLog",
                "MerkleMap", "Strategies", "Tensors", "Trainers",
            ]),
        .target(
            name: "Bundles",
            dependencies: ["Encodings", .product(name: "Crypto", package: "swift-crypto")]),
        .target(name: "CSandbox"),
        .target(
            name: "Sandbox",
            dependencies: ["Bundles", "CKernels", "CSandbox", "Encodings", "Memory", "Tensors"]),
        .target(name: "CLibPQ", dependencies: ["CLoading"]),
        .target(
            name: "DataSources",
            dependencies: [
                "Bundles", "CLibPQ", "Encodings", "Learning", "Sandbox",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .target(
            name: "Audit",
            dependencies: [
                "Contracts", "Encodings", "Ledger", "MerkleLog", "Storage", "Tensors", "Trainers",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),

        // 3 services: network, processes, clocks
        .target(
            name: "Coordinator",
            dependencies: [
                "ContractLanguage", "Contracts", "Encodings", "Federation", "Identity", "LabAPI",
                "Ledger", "MerkleLog", "Storage", "Trainers", "Transport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "Node",
            dependencies: [
                "Bundles", "ContractFiles", "Contracts", "DataSources", "Encodings", "Federation",
                "HouseRules", "Identity", "LabAPI", "Learning", "Ledger", "Memory", "MerkleLog",
                "Relay", "Sandbox", "Storage", "Strategies", "Trainers", "Transport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "Devices",
            dependencies: [
                "Contracts", "Encodings", "Identity", "LabAPI", "Learning", "Memory", "Relay",
                "Storage", "Trainers", "Transport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),

        .target(
            name: "Participation",
            dependencies: [
                "ContractFiles", "ContractLanguage", "ContractLibrary", "Contracts", "DataSources",
                "Encodings", "Identity", "LabAPI", "Learning", "Ledger", "Node",
                "Storage", "Strategies", "Trainers", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),

        // 4 programs: parse arguments, wire things up
        .target(name: "CProgramPages"),
        .executableTarget(
            name: "jointlab",
            dependencies: [
                "Audit", "Bundles", "CProgramPages", "ContractFiles", "ContractLanguage",
                "ContractLibrary", "Contracts", "Coordinator", "DataSources", "Devices",
                "Encodings", "HouseRules",
                "Identity", "LabAPI", "Learning", "Ledger", "MerkleLog", "Node", "ODRL",
                "Participation", "Policy", "Relay", "Sandbox", "Settlement", "Storage",
                "Strategies", "Tensors", "Trainers", "Transport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),
        .executableTarget(
            name: "jointlab-bench",
            dependencies: [
                "Audit", "Bundles", "ContractLanguage", "ContractLibrary", "Contracts",
                "Coordinator", "Encodings", "Identity", "LabAPI", "Learning", "Ledger",
                "MerkleLog", "Node", "Participation", "Policy", "Randomness", "Sandbox", "Storage",
                "Strategies",
                "Tensors", "Trainers", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            path: "Benchmarks",
            exclude: ["aggregation_peer.py", "cel_peer.py", "flower_peer.py", "network_peer.py"]),
        .executableTarget(
            name: "reproduce",
            dependencies: ["Encodings", "Learning", "Randomness", "Strategies", "Tensors"],
            path: "Reproductions"),

        // Tests, and what they share
        .target(
            name: "Simulator",
            dependencies: [
                "ContractLanguage", "ContractLibrary", "Contracts", "Encodings", "Federation",
                "Identity", "Ledger", "MerkleLog", "MerkleMap", "Policy", "Randomness",
                "Strategies",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/Simulator"),
        .executableTarget(
            name: "simulate", dependencies: ["Simulator"], path: "Tests/simulate"),
        .target(
            name: "SampleLab",
            dependencies: [
                "ContractLibrary", "Contracts", "Encodings", "Identity", "Learning", "Ledger",
                "Memory", "MerkleLog", "Randomness", "Storage", "Tensors", "Trainers",
            ],
            path: "Tests/SampleLab"),
        .target(
            name: "LabFixture",
            dependencies: [
                "ContractLibrary",
                "Contracts", "Coordinator", "Encodings", "Identity", "LabAPI", "Ledger",
                "MerkleLog", "Node", "Participation", "Storage", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            path: "Tests/LabFixture"),
        .testTarget(
            name: "LabTests",
            dependencies: [
                "Bundles", "ContractLibrary", "Contracts", "Encodings", "Federation", "Identity",
                "LabAPI", "LabFixture",
                "Devices", "Learning", "Ledger", "Memory", "MerkleLog", "MerkleMap", "Node",
                "Participation",
                "ProcessTree", "Randomness", "Relay", "Sandbox", "SharedFolder", "Storage",
                "Strategies", "Trainers", "Transport", "jointlab",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["Bundles", "Notebook"]),
        .target(name: "SharedFolder", path: "Tests/SharedFolder"),
        .target(name: "ProcessTree", path: "Tests/ProcessTree"),
        .target(
            name: "NaiveContracts", dependencies: ["Encodings", "Policy", "Randomness"],
            path: "Tests/NaiveContracts"),
        .testTarget(
            name: "ContractLanguageTests",
            dependencies: [
                "ContractFiles", "ContractLanguage", "Encodings", "NaiveContracts", "Policy",
                "Randomness",
            ]),
        .testTarget(name: "EncodingsTests", dependencies: ["Encodings", "Randomness"]),
        .testTarget(
            name: "IdentityTests",
            dependencies: [
                "Encodings", "Identity", "Randomness",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .testTarget(
            name: "MerkleLogTests",
            dependencies: [
                "Encodings", "Identity", "MerkleLog", "Randomness", "SharedFolder",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .testTarget(
            name: "MerkleMapTests", dependencies: ["Encodings", "MerkleMap", "Randomness"]),
        .testTarget(
            name: "PolicyTests",
            dependencies: ["Encodings", "Policy", "Randomness", "SharedFolder"]),
        .testTarget(
            name: "ODRLTests",
            dependencies: [
                "ContractFiles", "ContractLanguage", "Encodings", "ODRL", "Policy", "Randomness",
                "SharedFolder",
            ],
            exclude: ["Patterns"]),
        .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
        .testTarget(name: "BundlesTests", dependencies: ["Bundles", "Encodings", "Randomness"]),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "Bundles", "CKernels", "Encodings", "Memory", "ProcessTree", "Randomness",
                "Sandbox",
                "Tensors",
            ],
            exclude: ["Bundles", "FakeBubblewrap"]),
        .testTarget(
            name: "TensorsTests", dependencies: ["Encodings", "Memory", "Randomness", "Tensors"]),
        .testTarget(
            name: "ContractsTests",
            dependencies: [
                "ContractFiles", "ContractLanguage", "ContractLibrary", "Contracts", "Encodings",
                "Identity", "MerkleMap", "NaiveContracts", "Policy", "Randomness",
            ]),
        .testTarget(
            name: "SettlementTests",
            dependencies: [
                "ContractLibrary", "Contracts", "Encodings", "Identity", "Randomness", "Settlement",
            ]),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "ContractLibrary",
                "Contracts", "Encodings", "Identity", "Ledger", "MerkleLog", "MerkleMap",
                "Randomness",
            ]),
        .testTarget(
            name: "HouseRulesTests",
            dependencies: ["Contracts", "Encodings", "HouseRules", "Randomness"]),
        .testTarget(
            name: "FederationTests",
            dependencies: [
                "ContractLibrary", "Contracts", "Encodings", "Federation", "Identity", "Ledger",
                "MerkleLog", "Randomness", "SharedFolder",
            ]),
        .testTarget(name: "SimulatorTests", dependencies: ["Simulator"]),
        .testTarget(
            name: "StrategiesTests",
            dependencies: [
                "CKernels", "Encodings", "Randomness", "SharedFolder", "Strategies", "Tensors",
            ]),
        .testTarget(
            name: "StorageTests",
            dependencies: [
                "Contracts", "Encodings", "Identity", "Ledger", "Memory", "MerkleLog", "Randomness",
                "SampleLab", "Storage",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .target(
            name: "ServedLab",
            dependencies: [
                "Contracts", "Coordinator", "Encodings", "Identity", "LabAPI", "Ledger",
                "MerkleLog", "Node", "Participation", "SampleLab", "Storage", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/ServedLab"),
        .testTarget(
            name: "TransportTests",
            dependencies: [
                "Contracts", "Encodings", "Identity", "Randomness", "ServedLab", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .testTarget(
            name: "LabAPITests",
            dependencies: [
                "Contracts", "Coordinator", "Encodings", "Federation", "Identity", "LabAPI",
                "Ledger",
                "MerkleLog", "MerkleMap", "Node", "Randomness", "SampleLab", "ServedLab",
                "Storage", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .testTarget(
            name: "DataSourcesTests",
            dependencies: [
                "Contracts", "DataSources", "Encodings", "Learning", "Node", "Randomness",
                "SampleLab", "Sandbox",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .testTarget(
            name: "TrainersTests",
            dependencies: [
                "Contracts", "Encodings", "Federation", "Learning", "Memory", "Randomness",
                "SampleLab",
                "Storage", "Strategies", "Tensors", "Trainers",
            ]),
        .target(
            name: "DeviceSimulator",
            dependencies: [
                "Contracts", "Devices", "Encodings", "Identity", "LabAPI", "Learning", "Ledger",
                "Memory", "MerkleLog", "Node", "Randomness", "Relay", "SampleLab", "ServedLab",
                "Storage",
                "Strategies",
                "Trainers", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Tests/DeviceSimulator"),
        .executableTarget(
            name: "simulate-devices", dependencies: ["DeviceSimulator"],
            path: "Tests/simulate-devices"),
        .testTarget(
            name: "RelayTests",
            dependencies: [
                "Contracts", "DeviceSimulator", "Devices", "Encodings", "Identity", "Learning",
                "Ledger", "Memory", "MerkleLog", "MerkleMap", "Node", "Randomness", "Relay",
                "SampleLab",
                "ServedLab", "Storage", "Strategies", "Tensors", "Trainers", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "AuditTests",
            dependencies: [
                "Audit", "Contracts", "Encodings", "Ledger", "MerkleLog", "Randomness",
                "SampleLab", "Storage",
            ]),
        .testTarget(
            name: "CoordinatorTests",
            dependencies: [
                "ContractLibrary", "Contracts", "Coordinator", "Encodings", "Federation",
                "Identity",
                "LabAPI", "Ledger", "MerkleLog", "Participation", "Randomness", "SampleLab",
                "ServedLab", "Storage", "Tensors", "Trainers", "Transport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "NodeTests",
            dependencies: [
                "Bundles", "ContractLibrary", "Contracts", "Coordinator", "DataSources",
                "Encodings", "Federation",
                "HouseRules", "Identity", "LabAPI", "Learning", "Ledger", "MerkleLog", "Node",
                "Participation", "Randomness", "SampleLab", "ServedLab", "Storage", "Trainers",
                "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "ParticipationTests",
            dependencies: [
                "ContractLibrary", "Contracts", "Coordinator", "Encodings", "Identity", "LabAPI",
                "Learning",
                "Ledger", "Node", "Participation", "Randomness", "SampleLab", "ServedLab",
                "Storage", "Trainers", "Transport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .testTarget(
            name: "JointlabTests",
            dependencies: [
                "CProgramPages", "Contracts", "Encodings", "SampleLab", "Storage", "Transport",
                "jointlab",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "LearningTests",
            dependencies: ["CKernels", "Encodings", "Learning", "Randomness", "Tensors"],
            exclude: ["Peers"]),
        .testTarget(
            name: "ReproductionTests",
            dependencies: ["Learning", "Strategies", "reproduce"]),
    ]
)

// The project's own checks build with it; a newer compiler's new warning must not stop a user.
let isStrict = Context.environment["JOINTLAB_STRICT"] == "1"

// Simulated labs and random contracts run through these for minutes: unoptimised, the tests would
// take twice as long.
let isSimulated: Set = [
    "ContractLanguage", "Contracts", "Encodings", "Federation", "Identity", "Ledger", "MerkleLog",
    "MerkleMap", "NaiveContracts", "Policy", "Settlement", "SettlementTests", "Simulator",
    "Strategies",
]

for target in package.targets
where ![
    "CKernels", "CLibPQ", "CLoading", "COpenBLAS", "CProgramPages", "CSandbox",
].contains(target.name) {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
    if isSimulated.contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(["-O"], .when(configuration: .debug)))
    }
    if isStrict { target.swiftSettings?.append(.treatAllWarnings(as: .error)) }
}
