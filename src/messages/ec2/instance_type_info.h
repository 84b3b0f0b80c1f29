// messages/ec2/instance_type_info.h - what DescribeInstanceTypes tells of one type. Source: EC2 API
// Reference, InstanceTypeInfo.
#pragma once
#include "messages/ec2/text_scalars.h"
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct ProcessorInfo {
  std::vector<std::string> supported_architectures;
  std::optional<Decimal> sustained_clock_speed_in_ghz;
  std::vector<std::string> supported_features;
  std::optional<std::string> manufacturer;
};
BOOST_DESCRIBE_STRUCT(ProcessorInfo, (),
                      (supported_architectures, sustained_clock_speed_in_ghz, supported_features,
                       manufacturer))

struct VCpuInfo {
  std::optional<std::int32_t> default_vcpus;
  std::optional<std::int32_t> default_cores;
  std::optional<std::int32_t> default_threads_per_core;
  std::vector<std::int32_t> valid_cores;
  std::vector<std::int32_t> valid_threads_per_core;
};
BOOST_DESCRIBE_STRUCT(VCpuInfo, (),
                      (default_vcpus, default_cores, default_threads_per_core, valid_cores,
                       valid_threads_per_core))
constexpr auto wire_name_exceptions(VCpuInfo const*) {
  return std::array{wire::NameException{"default_vcpus", "defaultVCpus"}};
}

struct MemoryInfo {
  std::optional<std::int64_t> size_in_mib;
};
BOOST_DESCRIBE_STRUCT(MemoryInfo, (), (size_in_mib))
constexpr auto wire_name_exceptions(MemoryInfo const*) {
  return std::array{wire::NameException{"size_in_mib", "sizeInMiB"}};
}

struct DiskInfo {
  std::optional<std::int64_t> size_in_gb;
  std::optional<std::int32_t> count;
  std::optional<std::string> type;
};
BOOST_DESCRIBE_STRUCT(DiskInfo, (), (size_in_gb, count, type))
constexpr auto wire_name_exceptions(DiskInfo const*) {
  return std::array{wire::NameException{"size_in_gb", "sizeInGB"}};
}

struct InstanceStorageInfo {
  std::optional<std::int64_t> total_size_in_gb;
  std::vector<DiskInfo> disks;
  std::optional<std::string> nvme_support;
  std::optional<std::string> encryption_support;
};
BOOST_DESCRIBE_STRUCT(InstanceStorageInfo, (), (total_size_in_gb, disks, nvme_support, encryption_support))
constexpr auto wire_name_exceptions(InstanceStorageInfo const*) {
  return std::array{wire::NameException{"total_size_in_gb", "totalSizeInGB"}};
}

struct EbsOptimizedInfo {
  std::optional<std::int32_t> baseline_bandwidth_in_mbps;
  std::optional<Decimal> baseline_throughput_in_mbps;
  std::optional<std::int32_t> baseline_iops;
  std::optional<std::int32_t> maximum_bandwidth_in_mbps;
  std::optional<Decimal> maximum_throughput_in_mbps;
  std::optional<std::int32_t> maximum_iops;
};
BOOST_DESCRIBE_STRUCT(EbsOptimizedInfo, (),
                      (baseline_bandwidth_in_mbps, baseline_throughput_in_mbps, baseline_iops,
                       maximum_bandwidth_in_mbps, maximum_throughput_in_mbps, maximum_iops))
constexpr auto wire_name_exceptions(EbsOptimizedInfo const*) {
  return std::array{wire::NameException{"baseline_throughput_in_mbps", "baselineThroughputInMBps"},
                    wire::NameException{"maximum_throughput_in_mbps", "maximumThroughputInMBps"}};
}

struct EbsCardInfo {
  std::optional<std::int32_t> ebs_card_index;
  std::optional<std::int32_t> baseline_bandwidth_in_mbps;
  std::optional<Decimal> baseline_throughput_in_mbps;
  std::optional<std::int32_t> baseline_iops;
  std::optional<std::int32_t> maximum_bandwidth_in_mbps;
  std::optional<Decimal> maximum_throughput_in_mbps;
  std::optional<std::int32_t> maximum_iops;
};
BOOST_DESCRIBE_STRUCT(EbsCardInfo, (),
                      (ebs_card_index, baseline_bandwidth_in_mbps, baseline_throughput_in_mbps, baseline_iops,
                       maximum_bandwidth_in_mbps, maximum_throughput_in_mbps, maximum_iops))
constexpr auto wire_name_exceptions(EbsCardInfo const*) {
  return std::array{wire::NameException{"baseline_throughput_in_mbps", "baselineThroughputInMBps"},
                    wire::NameException{"maximum_throughput_in_mbps", "maximumThroughputInMBps"}};
}

struct EbsInfo {
  std::optional<std::string> ebs_optimized_support;
  std::optional<std::string> encryption_support;
  std::optional<EbsOptimizedInfo> ebs_optimized_info;
  std::optional<std::string> nvme_support;
  std::optional<std::int32_t> maximum_ebs_attachments;
  std::optional<std::string> attachment_limit_type;
  std::optional<std::int32_t> maximum_ebs_cards;
  std::vector<EbsCardInfo> ebs_card_set;
};
BOOST_DESCRIBE_STRUCT(EbsInfo, (),
                      (ebs_optimized_support, encryption_support, ebs_optimized_info, nvme_support,
                       maximum_ebs_attachments, attachment_limit_type, maximum_ebs_cards, ebs_card_set))

struct NetworkCardInfo {
  std::optional<std::int32_t> network_card_index;
  std::optional<std::string> network_performance;
  std::optional<std::int32_t> maximum_network_interfaces;
  std::optional<std::int32_t> additional_flexible_network_interfaces;
  std::optional<Decimal> baseline_bandwidth_in_gbps;
  std::optional<Decimal> peak_bandwidth_in_gbps;
  std::optional<std::int32_t> default_ena_queue_count_per_interface;
  std::optional<std::int32_t> maximum_ena_queue_count;
  std::optional<std::int32_t> maximum_ena_queue_count_per_interface;
};
BOOST_DESCRIBE_STRUCT(NetworkCardInfo, (),
                      (network_card_index, network_performance, maximum_network_interfaces,
                       additional_flexible_network_interfaces, baseline_bandwidth_in_gbps,
                       peak_bandwidth_in_gbps, default_ena_queue_count_per_interface, maximum_ena_queue_count,
                       maximum_ena_queue_count_per_interface))

struct EfaInfo {
  std::optional<std::int32_t> maximum_efa_interfaces;
};
BOOST_DESCRIBE_STRUCT(EfaInfo, (), (maximum_efa_interfaces))

struct DefaultConnectionTrackingConfiguration {
  std::optional<std::int32_t> default_tcp_established_timeout;
  std::optional<std::int32_t> default_udp_timeout;
  std::optional<std::int32_t> default_udp_stream_timeout;
};
BOOST_DESCRIBE_STRUCT(DefaultConnectionTrackingConfiguration, (),
                      (default_tcp_established_timeout, default_udp_timeout, default_udp_stream_timeout))

struct NetworkInfo {
  std::optional<std::string> network_performance;
  std::optional<std::int32_t> maximum_network_interfaces;
  std::optional<std::int32_t> maximum_network_cards;
  std::optional<std::int32_t> default_network_card_index;
  std::vector<NetworkCardInfo> network_cards;
  std::optional<std::int32_t> ipv4_addresses_per_interface;
  std::optional<std::int32_t> ipv6_addresses_per_interface;
  std::optional<bool> ipv6_supported;
  std::optional<std::string> ena_support;
  std::optional<bool> efa_supported;
  std::optional<EfaInfo> efa_info;
  std::optional<bool> encryption_in_transit_supported;
  std::optional<bool> ena_srd_supported;
  std::vector<std::string> bandwidth_weightings;
  std::optional<std::string> flexible_ena_queues_support;
  std::optional<DefaultConnectionTrackingConfiguration> connection_tracking_configuration;
  std::optional<bool> secondary_network_supported;
  std::optional<std::int32_t> maximum_secondary_network_interfaces;
  std::optional<std::int32_t> ipv4_addresses_per_secondary_interface;
};
BOOST_DESCRIBE_STRUCT(NetworkInfo, (),
                      (network_performance, maximum_network_interfaces, maximum_network_cards,
                       default_network_card_index, network_cards, ipv4_addresses_per_interface,
                       ipv6_addresses_per_interface, ipv6_supported, ena_support, efa_supported, efa_info,
                       encryption_in_transit_supported, ena_srd_supported, bandwidth_weightings,
                       flexible_ena_queues_support, connection_tracking_configuration,
                       secondary_network_supported, maximum_secondary_network_interfaces,
                       ipv4_addresses_per_secondary_interface))

struct GpuDeviceMemoryInfo {
  std::optional<std::int32_t> size_in_mib;
};
BOOST_DESCRIBE_STRUCT(GpuDeviceMemoryInfo, (), (size_in_mib))
constexpr auto wire_name_exceptions(GpuDeviceMemoryInfo const*) {
  return std::array{wire::NameException{"size_in_mib", "sizeInMiB"}};
}

struct GpuDeviceInfo {
  std::optional<std::string> name;
  std::optional<std::string> manufacturer;
  std::optional<std::int32_t> count;
  std::optional<std::int32_t> logical_gpu_count;
  std::optional<Decimal> gpu_partition_size;
  std::vector<std::string> workload_set;
  std::optional<GpuDeviceMemoryInfo> memory_info;
};
BOOST_DESCRIBE_STRUCT(GpuDeviceInfo, (),
                      (name, manufacturer, count, logical_gpu_count, gpu_partition_size, workload_set,
                       memory_info))

struct GpuInfo {
  std::vector<GpuDeviceInfo> gpus;
  std::optional<std::int32_t> total_gpu_memory_in_mib;
};
BOOST_DESCRIBE_STRUCT(GpuInfo, (), (gpus, total_gpu_memory_in_mib))
constexpr auto wire_name_exceptions(GpuInfo const*) {
  return std::array{wire::NameException{"total_gpu_memory_in_mib", "totalGpuMemoryInMiB"}};
}

struct FpgaDeviceMemoryInfo {
  std::optional<std::int32_t> size_in_mib;
};
BOOST_DESCRIBE_STRUCT(FpgaDeviceMemoryInfo, (), (size_in_mib))
constexpr auto wire_name_exceptions(FpgaDeviceMemoryInfo const*) {
  return std::array{wire::NameException{"size_in_mib", "sizeInMiB"}};
}

struct FpgaDeviceInfo {
  std::optional<std::string> name;
  std::optional<std::string> manufacturer;
  std::optional<std::int32_t> count;
  std::optional<FpgaDeviceMemoryInfo> memory_info;
};
BOOST_DESCRIBE_STRUCT(FpgaDeviceInfo, (), (name, manufacturer, count, memory_info))

struct FpgaInfo {
  std::vector<FpgaDeviceInfo> fpgas;
  std::optional<std::int32_t> total_fpga_memory_in_mib;
};
BOOST_DESCRIBE_STRUCT(FpgaInfo, (), (fpgas, total_fpga_memory_in_mib))
constexpr auto wire_name_exceptions(FpgaInfo const*) {
  return std::array{wire::NameException{"total_fpga_memory_in_mib", "totalFpgaMemoryInMiB"}};
}

struct PlacementGroupInfo {
  std::vector<std::string> supported_strategies;
};
BOOST_DESCRIBE_STRUCT(PlacementGroupInfo, (), (supported_strategies))

struct InferenceDeviceMemoryInfo {
  std::optional<std::int32_t> size_in_mib;
};
BOOST_DESCRIBE_STRUCT(InferenceDeviceMemoryInfo, (), (size_in_mib))
constexpr auto wire_name_exceptions(InferenceDeviceMemoryInfo const*) {
  return std::array{wire::NameException{"size_in_mib", "sizeInMiB"}};
}

struct InferenceDeviceInfo {
  std::optional<std::int32_t> count;
  std::optional<std::string> name;
  std::optional<std::string> manufacturer;
  std::optional<InferenceDeviceMemoryInfo> memory_info;
};
BOOST_DESCRIBE_STRUCT(InferenceDeviceInfo, (), (count, name, manufacturer, memory_info))

struct InferenceAcceleratorInfo {
  std::vector<InferenceDeviceInfo> accelerators;
  std::optional<std::int32_t> total_inference_memory_in_mib;
};
BOOST_DESCRIBE_STRUCT(InferenceAcceleratorInfo, (), (accelerators, total_inference_memory_in_mib))
constexpr auto wire_name_exceptions(InferenceAcceleratorInfo const*) {
  return std::array{wire::NameException{"total_inference_memory_in_mib", "totalInferenceMemoryInMiB"}};
}

struct NitroTpmInfo {
  std::vector<std::string> supported_versions;
};
BOOST_DESCRIBE_STRUCT(NitroTpmInfo, (), (supported_versions))

struct MediaDeviceMemoryInfo {
  std::optional<std::int32_t> size_in_mib;
};
BOOST_DESCRIBE_STRUCT(MediaDeviceMemoryInfo, (), (size_in_mib))
constexpr auto wire_name_exceptions(MediaDeviceMemoryInfo const*) {
  return std::array{wire::NameException{"size_in_mib", "sizeInMiB"}};
}

struct MediaDeviceInfo {
  std::optional<std::int32_t> count;
  std::optional<std::string> name;
  std::optional<std::string> manufacturer;
  std::optional<MediaDeviceMemoryInfo> memory_info;
};
BOOST_DESCRIBE_STRUCT(MediaDeviceInfo, (), (count, name, manufacturer, memory_info))

struct MediaAcceleratorInfo {
  std::vector<MediaDeviceInfo> accelerators;
  std::optional<std::int32_t> total_media_memory_in_mib;
};
BOOST_DESCRIBE_STRUCT(MediaAcceleratorInfo, (), (accelerators, total_media_memory_in_mib))
constexpr auto wire_name_exceptions(MediaAcceleratorInfo const*) {
  return std::array{wire::NameException{"total_media_memory_in_mib", "totalMediaMemoryInMiB"}};
}

struct NeuronDeviceCoreInfo {
  std::optional<std::int32_t> count;
  std::optional<std::int32_t> version;
};
BOOST_DESCRIBE_STRUCT(NeuronDeviceCoreInfo, (), (count, version))

struct NeuronDeviceMemoryInfo {
  std::optional<std::int32_t> size_in_mib;
};
BOOST_DESCRIBE_STRUCT(NeuronDeviceMemoryInfo, (), (size_in_mib))
constexpr auto wire_name_exceptions(NeuronDeviceMemoryInfo const*) {
  return std::array{wire::NameException{"size_in_mib", "sizeInMiB"}};
}

struct NeuronDeviceInfo {
  std::optional<std::int32_t> count;
  std::optional<std::string> name;
  std::optional<NeuronDeviceCoreInfo> core_info;
  std::optional<NeuronDeviceMemoryInfo> memory_info;
};
BOOST_DESCRIBE_STRUCT(NeuronDeviceInfo, (), (count, name, core_info, memory_info))

struct NeuronInfo {
  std::vector<NeuronDeviceInfo> neuron_devices;
  std::optional<std::int32_t> total_neuron_device_memory_in_mib;
};
BOOST_DESCRIBE_STRUCT(NeuronInfo, (), (neuron_devices, total_neuron_device_memory_in_mib))
constexpr auto wire_name_exceptions(NeuronInfo const*) {
  return std::array{wire::NameException{"total_neuron_device_memory_in_mib", "totalNeuronDeviceMemoryInMiB"}};
}

struct InstanceTypeInfo {
  std::optional<std::string> instance_type;
  std::optional<bool> current_generation;
  std::optional<bool> free_tier_eligible;
  std::vector<std::string> supported_usage_classes;
  std::vector<std::string> supported_root_device_types;
  std::vector<std::string> supported_virtualization_types;
  std::optional<bool> bare_metal;
  std::optional<std::string> hypervisor;
  std::optional<ProcessorInfo> processor_info;
  std::optional<VCpuInfo> vcpu_info;
  std::optional<MemoryInfo> memory_info;
  std::optional<bool> instance_storage_supported;
  std::optional<InstanceStorageInfo> instance_storage_info;
  std::optional<EbsInfo> ebs_info;
  std::optional<NetworkInfo> network_info;
  std::optional<GpuInfo> gpu_info;
  std::optional<FpgaInfo> fpga_info;
  std::optional<PlacementGroupInfo> placement_group_info;
  std::optional<InferenceAcceleratorInfo> inference_accelerator_info;
  std::optional<bool> hibernation_supported;
  std::optional<bool> burstable_performance_supported;
  std::optional<bool> dedicated_hosts_supported;
  std::optional<bool> auto_recovery_supported;
  std::vector<std::string> supported_boot_modes;
  std::optional<std::string> nitro_enclaves_support;
  std::optional<std::string> nitro_tpm_support;
  std::optional<NitroTpmInfo> nitro_tpm_info;
  std::optional<MediaAcceleratorInfo> media_accelerator_info;
  std::optional<NeuronInfo> neuron_info;
  std::optional<std::string> phc_support;
  std::optional<std::string> reboot_migration_support;
  std::optional<bool> supported_in_region;
};
BOOST_DESCRIBE_STRUCT(InstanceTypeInfo, (),
                      (instance_type, current_generation, free_tier_eligible, supported_usage_classes,
                       supported_root_device_types, supported_virtualization_types, bare_metal, hypervisor,
                       processor_info, vcpu_info, memory_info, instance_storage_supported,
                       instance_storage_info, ebs_info, network_info, gpu_info, fpga_info,
                       placement_group_info, inference_accelerator_info, hibernation_supported,
                       burstable_performance_supported, dedicated_hosts_supported, auto_recovery_supported,
                       supported_boot_modes, nitro_enclaves_support, nitro_tpm_support, nitro_tpm_info,
                       media_accelerator_info, neuron_info, phc_support, reboot_migration_support,
                       supported_in_region))
constexpr auto wire_name_exceptions(InstanceTypeInfo const*) {
  return std::array{wire::NameException{"vcpu_info", "vCpuInfo"}};
}
}  // namespace argosy::messages::ec2
